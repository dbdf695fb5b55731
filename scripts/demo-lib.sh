# shellcheck shell=bash
# What scripts/demo stands on: how it looks, what it starts and stops, how it waits and measures.

# Set by scripts/demo: the programs, the example's manifests, the watched directory; the URL of
# heddled's admin pages, the waypoint's HOST:PORT; how many seconds each split is watched.
bin="" examples="" manifests="" admin="" waypoint="" load_seconds=6

# --- How it looks -----------------------------------------------------------------------------

bold="" dim="" red="" green="" blue="" yellow="" plain=""
if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' blue=$'\e[34m' yellow=$'\e[33m'
    plain=$'\e[0m'
fi
step_number=0

# step TITLE: the headline of the next step.
step() {
    step_number=$((step_number + 1))
    printf '\n%s%2d  %s%s\n' "$bold" "$step_number" "$1" "$plain"
}

# shown COMMAND: what somebody would type for this step.
shown() {
    printf '    %s$ %s%s\n' "$dim" "$1" "$plain"
}

# ok TEXT: something that has been checked.
ok() {
    printf '    %sok%s  %s\n' "$green" "$plain" "$1"
}

# moved FLAG VALUE DEFAULT: what to add to a shown command where a default port was taken.
moved() {
    if [[ $2 != "$3" ]]; then printf ' %s %s' "$1" "$2"; fi
}

# note TEXT: something to know.
note() {
    printf '    %s\n' "$1"
}

# indented: standard input, four columns to the right.
indented() {
    sed 's/^/    /'
}

reason=""

# fail TEXT: ends the demo; cleanup says why.
fail() {
    reason=$1
    exit 1
}

# bar V1 V2 OTHER: twenty digits, each the version of a twentieth of the requests.
bar() {
    local total=$(($1 + $2 + $3)) first second digits
    if ((total == 0)); then return; fi
    first=$((($1 * 20 + total / 2) / total))
    second=$((($2 * 20 + total / 2) / total))
    if ((first + second > 20)); then second=$((20 - first)); fi
    digits=$(printf '%*s' "$first" "")
    printf '%s%s' "$blue" "${digits// /1}"
    digits=$(printf '%*s' "$second" "")
    printf '%s%s%s' "$yellow" "${digits// /2}" "$plain"
    digits=$(printf '%*s' "$((20 - first - second))" "")
    printf '%s' "${digits// /3}"
}

# --- What it starts and stops -----------------------------------------------------------------

declare -A children=()
work=""

# spawn NAME COMMAND...: starts a child whose output goes to logs/NAME.log.
spawn() {
    local name=$1
    shift
    "$@" >"$work/logs/$name.log" 2>&1 </dev/null &
    children[$name]=$!
}

# stop_child NAME: TERM, and KILL after five seconds; returns when it has ended.
stop_child() {
    local pid=${children[$1]:-} tries
    if [[ -z $pid ]]; then return; fi
    unset "children[$1]"
    kill -TERM "$pid" 2>/dev/null || true
    for ((tries = 0; tries < 50; tries++)); do
        kill -0 "$pid" 2>/dev/null || break
        sleep 0.1
    done
    kill -KILL "$pid" 2>/dev/null || true
    wait "$pid" 2>/dev/null
}

# check_children: fails when one has ended by itself.
check_children() {
    local name
    for name in "${!children[@]}"; do
        kill -0 "${children[$name]}" 2>/dev/null || fail "$name has ended"
    done
}

# Ends everything that was started; after a failure, shows what the programs said last, and why.
cleanup() {
    local status=$? name log
    trap - EXIT
    trap '' INT TERM
    for name in "${!children[@]}"; do
        kill -TERM "${children[$name]}" 2>/dev/null || true
    done
    for name in "${!children[@]}"; do stop_child "$name" || true; done
    if ((status != 0 && status != 130 && status != 143)); then
        for log in "$work"/logs/*.log; do
            if [[ ! -s $log ]]; then continue; fi
            printf '\nThe last lines of %s:\n' "$(basename "$log" .log)" >&2
            tail -n 8 "$log" | indented >&2
        done
        reason=${reason:-a command failed that should not; what it said is above}
        printf '\n%sdemo: %s%s\n' "$red" "$reason" "$plain" >&2
    fi
    if [[ -n $work ]]; then rm -rf "$work"; fi
    if ((status == 130 || status == 143)); then
        printf '\ndemo: interrupted; everything it started has ended\n' >&2
    fi
    exit "$status"
}

# --- Ports ------------------------------------------------------------------------------------

taken_ports=" "

# is_open HOST PORT: somebody listens there.
is_open() {
    (exec 3<>"/dev/tcp/$1/$2") 2>/dev/null
}

# choose_port VARIABLE: keeps the port in the variable, or puts the next free one there.
choose_port() {
    local wanted=${!1} port=${!1}
    while [[ $taken_ports == *" $port "* ]] || is_open 127.0.0.1 "$port"; do
        port=$((port + 1))
        if ((port > wanted + 200)); then fail "no free port from $wanted to $port"; fi
    done
    if ((port != wanted)); then note "port $wanted is taken; using $port"; fi
    taken_ports+="$port "
    printf -v "$1" %d "$port"
}

# --- How it waits -----------------------------------------------------------------------------

# wait_for WHAT COMMAND...: polls for up to 30 seconds; fails at once when a child has ended.
wait_for() {
    local what=$1 tries
    shift
    for ((tries = 0; tries < 300; tries++)); do
        if "$@" >/dev/null 2>&1; then return; fi
        check_children
        sleep 0.1
    done
    fail "waited 30 s for $what"
}

# get URL: the page, or failure.
get() {
    curl --silent --fail --noproxy '*' --max-time 5 "$1"
}

has_printed() {
    grep -qF "$2" "$work/logs/$1.log"
}

# acknowledged: how many updates the waypoint's agent has acknowledged; empty while some are due.
acknowledged() {
    get "$admin/status" | jq --raw-output '
        [.proxies[] | select(.group == "bookinfo/bookinfo-proxy") | .types[]]
        | if length > 0 and all(.state == "SYNCED") then map(.acknowledged) | add else empty end'
}

is_settled() {
    [[ -n $(acknowledged) ]]
}

# has_acknowledged_more COUNT: the agent has what was applied since the count.
has_acknowledged_more() {
    local now
    now=$(acknowledged)
    [[ -n $now ]] && ((now > $1))
}

# place FILE NAME: copies a manifest of the example beside the watched directory, and renames it
# into it, so that it is seen whole.
place() {
    cp "$examples/$1" "$work/new.yaml"
    mv "$work/new.yaml" "$manifests/$2"
}

# apply_route FILE: applies the route and returns when the waypoint's agent has it.
apply_route() {
    local before
    shown "cp examples/bookinfo/$1 manifests/reviews-route.yaml"
    wait_for "the agent to be up to date" is_settled
    before=$(acknowledged)
    place "$1" reviews-route.yaml
    wait_for "the agent to take $1" has_acknowledged_more "$before"
}

# --- How it measures --------------------------------------------------------------------------

load_url=http://reviews.bookinfo:9080/reviews/123

# check_good V3 FAILED: no request failed, and v3 answered none.
check_good() {
    check_children
    if (($2 > 0)); then fail "$2 requests failed"; fi
    if (($1 > 0)); then fail "v3 answered $1 requests; the route names only v1 and v2"; fi
}

# check_share V1 V2 PERCENT: v1's share is within 1 %; leaves in `off` how far it is from what is
# wanted, in tenths of a percent, rounded up.
check_share() {
    local total=$(($1 + $2)) difference=$(($1 * 100 - $3 * ($1 + $2)))
    off=$(((${difference#-} * 10 + total - 1) / total))
    if ((off > 10)); then
        fail "v1 answered $1 of $total requests, which is more than 1 % off its $3 %"
    fi
}

# tenths NUMBER: 13 is 1.3.
tenths() {
    printf '%d.%d' $(($1 / 10)) $(($1 % 10))
}

# check_thousand PERCENT: 1,000 requests, of which v1 is to answer so many percent.
check_thousand() {
    local counts v1 v2 v3 failed off
    shown "bookinfo load --proxy $waypoint --requests 1000"
    counts=$("$bin/bookinfo" load --url "$load_url" --proxy "$waypoint" --requests 1000 --json |
        tail -n 1 | jq --raw-output '
            [.versions.v1 // 0, .versions.v2 // 0, .versions.v3 // 0, .failed]
            | map(tostring) | join(" ")') || true
    read -r v1 v2 v3 failed <<<"$counts"
    if [[ -z ${failed:-} ]]; then fail "the load generator reported nothing"; fi
    check_good "$v3" "$failed"
    check_share "$v1" "$v2" "$1"
    ok "v1 $v1, v2 $v2, v3 $v3, failed $failed: $(tenths "$off") % off $1/$((100 - $1))"
}

# start_load: eight connections make 1,200 requests a second until stop_load; its lines come from descriptor 4.
start_load() {
    shown "bookinfo load --proxy $waypoint --rate 1200 --seconds 300"
    mkfifo "$work/load"
    "$bin/bookinfo" load --url "$load_url" --proxy "$waypoint" --rate 1200 --seconds 300 \
        >"$work/load" 2>"$work/logs/load.log" </dev/null &
    children[load]=$!
    exec 4<"$work/load"
}

# next_second: reads and shows a line such as `t=3s  v1 450  v2 550  v3 0  failed 0`, and leaves
# its numbers in v1, v2, v3 and failed.
next_second() {
    local line
    if ! read -r -t 15 -u 4 line; then
        check_children
        fail "the load generator has printed nothing for 15 s"
    fi
    if [[ ! $line =~ ^t=([0-9.]+)s\ +v1\ ([0-9]+)\ +v2\ ([0-9]+)\ +v3\ ([0-9]+)\ .*failed\ ([0-9]+) ]]; then
        fail "the load generator said: $line"
    fi
    v1=${BASH_REMATCH[2]} v2=${BASH_REMATCH[3]} v3=${BASH_REMATCH[4]} failed=${BASH_REMATCH[5]}
    printf '    %4ss  v1 %4d  v2 %4d  v3 %d  failed %d  %s\n' \
        "${BASH_REMATCH[1]}" "$v1" "$v2" "$v3" "$failed" "$(bar "$v1" "$v2" "$v3")"
}

# watch_split PERCENT SECONDS SKIP: shows the seconds under load; checks the shares of each 1,000
# requests or a few more, but for the first seconds, in which the weights changed.
watch_split() {
    local second v1 v2 v3 failed off worst=0 checked=0 window1=0 window2=0
    for ((second = 0; second < $2 || checked == 0; second++)); do
        if ((second > $2 + 30)); then fail "the load is less than 1,000 requests in 30 s"; fi
        next_second
        check_good "$v3" "$failed"
        if ((second < $3)); then continue; fi
        window1=$((window1 + v1)) window2=$((window2 + v2))
        if ((window1 + window2 < 1000)); then continue; fi
        check_share "$window1" "$window2" "$1"
        if ((off > worst)); then worst=$off; fi
        checked=$((checked + window1 + window2)) window1=0 window2=0
    done
    ok "$checked requests: each 1,000 at most $(tenths "$worst") % off $1/$((100 - $1)), failed 0"
}

# move_weights FILE PERCENT: applies the route while the load goes on.
move_weights() {
    local start=$SECONDS
    apply_route "$1"
    # A line may have been under way before, and one is when the weights change.
    watch_split "$2" "$load_seconds" $((SECONDS - start + 2))
}

# stop_load: ends the load and checks that no request failed.
stop_load() {
    local pid=${children[load]} line totals="" status=0
    kill -TERM "$pid"
    while read -r -t 15 -u 4 line; do
        if [[ $line == total* ]]; then totals=$line; fi
        if [[ $line == failed* ]]; then note "$line"; fi
    done
    exec 4<&-
    unset "children[load]"
    wait "$pid" || status=$?
    rm -f "$work/load"
    if [[ -z $totals ]]; then fail "the load generator ended without its totals"; fi
    note "$totals"
    if ((status != 0)); then fail "requests failed while the weights moved"; fi
    ok "no request failed while the weights moved"
}
