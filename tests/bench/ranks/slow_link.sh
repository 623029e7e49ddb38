#!/usr/bin/env bash
# Starts ranks in network namespaces of their own on this machine, which only a slow link joins; as root.
#
#   tests/bench/ranks/slow_link.sh RANKS RATE DELAY PROGRAM [ARGUMENT ...]     RATE as tc has it: 1gbit; DELAY: 100us, or 0
#
# Bandwidth is by tc's token bucket, in each direction of each node; delay by netem, where the kernel has it.
set -euo pipefail
if [ $# -lt 4 ]; then
  sed -n '2,6s/^# \{0,1\}//p' "$0"
  exit 2
fi
ranks=$1 rate=$2 delay=$3
shift 3
name=atelier$$
folder=$(mktemp -d)

end() {
  for ((i = 0; i < ranks; ++i)); do
    ip netns del "$name-$i" 2>/dev/null || true
  done
  ip link del "$name" 2>/dev/null || true
  rm -rf "$folder"
}
trap end EXIT

# slow [-n NAMESPACE] dev DEVICE
slow() {
  local in=()
  if [ "$1" = -n ]; then
    in=(-n "$2")
    shift 2
  fi
  tc "${in[@]}" qdisc add dev "$2" root handle 1: tbf rate "$rate" burst 256kb latency 50ms
  if [ "$delay" != 0 ]; then
    tc "${in[@]}" qdisc add dev "$2" parent 1:1 netem delay "$delay"
  fi
}

# The shell that mpirun starts its daemons with: the first word that is no option is the node.
cat >"$folder/agent" <<'AGENT'
#!/usr/bin/env bash
while [ "${1#-}" != "$1" ]; do shift; done
node=${1##*.}
shift
exec ip netns exec "@name@-$((node - 1))" unshare -u sh -c "hostname node$((node - 1)); $*"
AGENT
sed -i "s/@name@/$name/" "$folder/agent"
chmod +x "$folder/agent"

ip link add "$name" type bridge
ip link set "$name" up
hosts=''
for ((i = 0; i < ranks; ++i)); do
  ip netns add "$name-$i"
  ip link add "v$$-$i" type veth peer name eth0 netns "$name-$i"
  ip link set "v$$-$i" master "$name" up
  ip -n "$name-$i" address add "10.213.0.$((i + 1))/24" dev eth0
  ip -n "$name-$i" link set lo up
  ip -n "$name-$i" link set eth0 up
  slow dev "v$$-$i"
  slow -n "$name-$i" dev eth0
  hosts+=${hosts:+,}10.213.0.$((i + 1))
done
# From within the first node, whose address the others can reach.
ip netns exec "$name-0" unshare -u sh -c 'hostname node0; exec "$@"' sh \
  mpirun --allow-run-as-root --bind-to none -n "$ranks" -H "$hosts" --mca plm_rsh_agent "$folder/agent" --mca plm_rsh_no_tree_spawn 1 \
  --mca btl tcp,self --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0 "$@"
