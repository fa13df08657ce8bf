#!/usr/bin/env bash
# The five tasks of sidecar-logging as a grader's shell script: kubectl, jsonpath, a loop over the log.
# Usage: sidecar.sh NAMESPACE (KUBECONFIG and kubectl from the environment). Knows the names of one
# solution, as such scripts do. Prints one line per task and the score.
set -u
ns=$1
name=nginx-with-sidecar
web=nginx
shipper=log-shipper
score=0
k() { kubectl -n "$ns" "$@"; }
pass() { score=$((score + $2)); echo "ok $1"; }
nonce() { tr -dc a-z0-9 </dev/urandom | head -c 16; }
in_log() {
  for _ in $(seq 75); do
    k logs "$pod" -c "$shipper" --tail=200 | grep -q "$1" && return 0
    sleep 0.2
  done
  return 1
}

k wait --for=condition=Available "deployment/$name" --timeout=20s >/dev/null || exit 1
selector=$(k get deployment "$name" -o jsonpath='{.spec.selector.matchLabels}' |
  tr -d '{}"' | tr ':' '=')
pod=$(k get pods -l "$selector" -o jsonpath='{.items[0].metadata.name}')
uids=$(k get pods -l "$selector" -o jsonpath='{.items[*].metadata.uid}')
ready=$(k get pod "$pod" -o jsonpath='{.status.containerStatuses[*].ready}')
[ "$ready" = "true true" ] && pass workload 15

mounts() {
  k get pod "$pod" -o jsonpath="{.spec.containers[?(@.name=='$1')].volumeMounts[*].name}"
}
volume=$(comm -12 <(mounts $web | tr ' ' '\n' | sort) <(mounts $shipper | tr ' ' '\n' | sort) |
  grep -v kube-api-access)
[ -n "$volume" ] && pass shared-volume 20
only=$(k get pod "$pod" -o jsonpath="{.spec.containers[?(@.name=='$shipper')].volumeMounts[?(@.name=='$volume')].readOnly}")
[ "$only" = true ] && pass read-only 15

targets=$(k get endpointslices -l "kubernetes.io/service-name=$name" \
  -o jsonpath='{.items[*].endpoints[?(@.conditions.ready==true)].targetRef.uid}')
first=$(nonce)
kubectl get --raw "/api/v1/namespaces/$ns/services/$name:80/proxy/$first" >/dev/null 2>&1
[ -n "$targets" ] && [ -z "$(comm -23 <(tr ' ' '\n' <<<"$targets" | sort) \
  <(tr ' ' '\n' <<<"$uids" | sort))" ] && pass service 15

second=$(nonce)
if in_log "$first"; then
  k exec "$pod" -c $web -- sh -c 'echo "$1" >> /var/log/nginx/access.log' sh "$second"
  in_log "$second" && pass log-flow 35
fi
echo "score $score"
[ "$score" = 100 ]
