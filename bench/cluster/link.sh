#!/bin/bash
# An all-reduce of two ranks under Open MPI that are joined by a link of so many Mbit/s in each direction: two network
# namespaces of this machine, a pair of virtual interfaces, and tc's token bucket. As root, with iproute2:
#
#     bash bench/cluster/link.sh [MBIT]
#
# Further settings of Open MPI go by its variables, such as OMPI_MCA_btl_tcp_flags=send,put.
set -e
rate=${1:-1000}mbit
cd "$(dirname "$0")/../.."
one=punchline-$$-1 other=punchline-$$-2
agent=$(mktemp)
trap 'ip netns del $one; ip netns del $other; rm -f $agent' EXIT
ip netns add $one
ip netns add $other
ip link add name eth1 netns $one type veth peer name eth1 netns $other
for name in $one $other; do
  ip -n $name addr add 10.9.0.${name##*-}/24 dev eth1
  ip -n $name link set lo up
  ip -n $name link set eth1 up
  ip netns exec $name tc qdisc add dev eth1 root tbf rate $rate burst 256kb latency 50ms
done
# In place of ssh: the words after the host's name.
printf '#!/bin/bash\nshift\nexec ip netns exec %s bash -c "$*"\n' $other >$agent
chmod +x $agent
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
ip netns exec $one mpirun.openmpi -n 2 --host 10.9.0.1:1,10.9.0.2:1 --mca plm_rsh_agent $agent \
  --mca pml ob1 --mca btl tcp,self --mca btl_tcp_if_include 10.9.0.0/24 --mca oob_tcp_if_include 10.9.0.0/24 \
  node --import ./bench/register.mjs bench/cluster/reduce.ts
