// Inside this room only: connections between machines, on which lines are said.
#pragma once

#include <string>
#include <vector>

namespace atelier::ranks {

std::string host_name();
// Of this machine, those that others may reach first, as numbers.
std::vector<std::string> own_addresses();

// Listens at all of them, at a port that is free. Throws Error(internal) where none can be had.
int listen_anywhere(int& port);
// A connection that breaks within seconds where the machine of the other side is gone; -1 where nobody is there.
int connect_to(const std::string& address, const std::string& port);
// The same of a connection that somebody else has made.
void keep_alive(int socket);

bool send_line(int socket, std::string line);
// "" where none came in time.
std::string receive_line(int socket, int milliseconds);

}  // namespace atelier::ranks
