"""A Slurm cluster of its own on this machine: munged, slurmctld and several slurmd, all of Debian's packages, with their keys, ports
and files in one folder, so that nothing of the machine's own Slurm is touched. No systemd, no cgroups, no accounting.
"""

import os
import shutil
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "scontrol", "squeue", "scancel", "sinfo")


def missing_programs():
    path = os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])
    return [name for name in PROGRAMS if shutil.which(name, path=path) is None]


def reason_to_leave_it_out():
    """"" where a cluster can be started here."""
    missing = missing_programs()
    if missing:
        return "needs " + ", ".join(missing)
    made = subprocess.run(["unshare", "--pid", "--uts", "--fork", "--mount-proc", "hostname", "node0"], capture_output=True, text=True, check=False)
    return made.stderr.strip() if made.returncode != 0 else ""


def free_ports(count):
    """Of the loopback; all are held until all are known."""
    sockets = [socket.socket() for _ in range(count)]
    for one in sockets:
        one.bind(("127.0.0.1", 0))
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


class Cluster:
    """`folder` has a short path (a socket's has at most 107 bytes). `variables` are what the jobs have in their environment. Ended by
    close()."""

    def __init__(self, folder, nodes=3, processors=1, **variables):
        self.folder = folder
        self.nodes = [f"node{i}" for i in range(nodes)]
        self.daemons = {}
        self.environment = {**os.environ, "SLURM_CONF": os.path.join(folder, "slurm.conf"),
                            "PATH": os.pathsep.join([os.environ.get("PATH", ""), "/usr/sbin", "/sbin"])}
        for name in [key for key in self.environment if key.startswith(("SLURM_", "SBATCH_")) and key != "SLURM_CONF"]:
            del self.environment[name]
        self.environment.update(variables)
        try:
            self._start_munge()
            self._configure(processors)
            self._start("slurmctld", "slurmctld", "-D", "-c")
            for name in self.nodes:
                self.start_node(name)
            self.wait_for(self.is_idle, 60, "the nodes")
        except BaseException:
            self.close()
            raise

    def _start(self, key, *words):
        with open(os.path.join(self.folder, key + ".out"), "ab") as out:
            self.daemons[key] = subprocess.Popen(words, env=self.environment, stdout=out, stderr=out, stdin=subprocess.DEVNULL,
                                                 start_new_session=True)

    def _start_munge(self):
        os.makedirs(os.path.join(self.folder, "munge"), mode=0o711)
        key, at = os.path.join(self.folder, "munge", "key"), os.path.join(self.folder, "munge", "socket")
        with open(key, "wb") as file:
            file.write(os.urandom(1024))
        os.chmod(key, 0o600)
        self._start("munged", "munged", "--foreground", "--force", f"--key-file={key}", f"--socket={at}",
                    f"--pid-file={self.folder}/munge/pid", f"--log-file={self.folder}/munge/log",
                    f"--seed-file={self.folder}/munge/seed")
        self.wait_for(lambda: os.path.exists(at), 20, "munged")

    def _configure(self, processors):
        user = subprocess.run(["id", "-un"], capture_output=True, text=True, check=True).stdout.strip()
        host = socket.gethostname()
        control, *ports = free_ports(1 + len(self.nodes))
        for name in ("state", *(f"{kind}/{node}" for kind in ("spool", "tmp") for node in self.nodes)):
            os.makedirs(os.path.join(self.folder, name))
        nodes = "\n".join(f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port} CPUs={processors} RealMemory=100000"
                          for node, port in zip(self.nodes, ports))
        with open(os.path.join(self.folder, "slurm.conf"), "w", encoding="utf-8") as file:
            file.write(f"""ClusterName=atelier
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={control}
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={self.folder}/munge/socket
StateSaveLocation={self.folder}/state
SlurmdSpoolDir={self.folder}/spool/%n
TmpFS={self.folder}/tmp/%n
SlurmctldPidFile={self.folder}/slurmctld.pid
SlurmdPidFile={self.folder}/slurmd-%n.pid
SlurmctldLogFile={self.folder}/slurmctld.log
SlurmdLogFile={self.folder}/slurmd-%n.log
PlugStackConfig={self.folder}/plugstack.conf
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=sched_min_interval=0,batch_sched_delay=0,sched_interval=1,bf_interval=1
SlurmdParameters=config_overrides
MpiDefault=none
ReturnToService=2
SlurmdTimeout=20
KillWait=5
MinJobAge=3600
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
{nodes}
""")
        with open(os.path.join(self.folder, "plugstack.conf"), "w", encoding="utf-8"):
            pass

    def start_node(self, name):
        """In a namespace of processes, and with a name, of its own: as a machine it knows no other's processes, and where it is
        killed they are all gone at once."""
        command = f'hostname {name} && exec slurmd -D -N {name}'
        self._start(f"slurmd-{name}", "unshare", "--pid", "--uts", "--fork", "--kill-child", "--mount-proc", "sh", "-c", command)

    def lose_node(self, name):
        daemon = self.daemons.pop(f"slurmd-{name}")
        daemon.kill()
        daemon.wait()

    def is_idle(self):
        return self.run("sinfo", "-h", "-N", "-o", "%t", check=False).stdout.split() == ["idle"] * len(self.nodes)

    def run(self, *words, check=True, timeout=60, **options):
        done = subprocess.run(words, env=self.environment, capture_output=True, text=True, check=False, timeout=timeout, **options)
        if check and done.returncode != 0:
            raise RuntimeError(f"{words}: {done.stdout}{done.stderr}")
        return done

    def wait_for(self, condition, seconds, what):
        until = time.monotonic() + seconds
        while not condition():
            for key, daemon in self.daemons.items():
                if daemon.poll() is not None:
                    raise RuntimeError(f"{key} has ended: {self.words_of(key)}")
            if time.monotonic() > until:
                raise RuntimeError(f"{what}: not within {seconds} seconds\n{self.words_of('slurmctld')}")
            time.sleep(0.2)

    def words_of(self, key):
        """The end of what a daemon has said."""
        text = ""
        for name in (key + ".out", key + ".log"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as file:
                    text += file.read()[-4000:]
        return text

    def close(self):
        if "slurmctld" in self.daemons:
            self.run("scancel", "--state=RUNNING", "--state=PENDING", "--state=SUSPENDED", check=False)
            until = time.monotonic() + 20
            while self.run("squeue", "-h", check=False).stdout.strip() and time.monotonic() < until:
                time.sleep(0.2)
        for key, daemon in reversed(list(self.daemons.items())):
            if key.startswith("slurmd"):
                daemon.kill()  # unshare, and with it all of the node
            else:
                daemon.terminate()
        for daemon in reversed(list(self.daemons.values())):
            try:
                daemon.wait(timeout=15)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
