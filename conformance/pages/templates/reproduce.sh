say() { printf '%s\n' "$*"; }
shows() {
  [ -z "${turned-}" ] || blocked "step $turned was refused and is accepted now: it is another story"
  say "The defect shows: $1"
  exit 1
}
gone() { say "The defect does not show: $1"; exit 0; }
blocked() { say "Could not be tried: $1" >&2; exit 2; }
# A terminal obeys some octets: those beyond ASCII stand as question marks here.
printable() {
  LC_ALL=C tr -d '\000-\010\013-\037\177' | LC_ALL=C tr '\n' ' ' |
    LC_ALL=C tr '\200-\377' '[?*]' | cut -c 1-400
}

# Credentials go to curl on its standard input: a command line shows in the process list.
escaped() { printf '%s' "$1" | sed 's/[\\"]/\\&/g'; }
login() {
  case $1 in
    own) [ -z "$user" ] || set -- "$user" "$secret" ;;
    no-token) set -- "$user" "" ;;
    no-credentials) printf 'header = "Authorization: Basic !"\n' ; set -- ;;
    no-colon) printf 'header = "Authorization: Basic bm9ib2R5"\n' ; set -- ;;
    beyond-ascii) printf 'header = "Authorization: Basic w6k6w6k="\n' ; set -- ;;
    not-utf-8) printf 'header = "Authorization: Basic /zr/"\n' ; set -- ;;
    bearer) printf 'header = "Authorization: Bearer none"\n' ; set -- ;;
    wrong-token) set -- "$user" "$(printf '%s' "$secret" | sed 's/.$//')-" ;;
    longer-token) set -- "$user" "${secret}0" ;;
    shorter-token) set -- "$user" "${secret%?}" ;;
    token-in-other-case) set -- "$user" "$(printf '%s' "$secret" | tr 'A-Za-z' 'a-zA-Z')" ;;
    sid-as-token) set -- "$user" "$user" ;;
    unknown-account) set -- ACffffffffffffffffffffffffffffffff "$secret" ;;
    other-account) set -- "${TWILIO_OTHER_ACCOUNT_SID-}" "${TWILIO_OTHER_AUTH_TOKEN-}" ;;
    other-token) set -- "$user" "${TWILIO_OTHER_AUTH_TOKEN-}" ;;
  esac
  [ $# -lt 2 ] || printf 'user = "%s:%s"\n' "$(escaped "$1")" "$(escaped "$2")"
}

# call NAME METHOD PATH CREDENTIALS [OPTION...]: the answer is left in $work and in $status.
call() {
  name=$1 method=$2 path=$3 who=$4
  shift 4
  problem=0
  : >"$work/$name.body"
  status=$(login "$who" | curl -q -K - -sS --http1.1 --globoff --path-as-is --max-time 60 \
    -A "reproduce $requirement" -X "$method" -D "$work/$name.head" -o "$work/$name.body" \
    -w '%{http_code}' "$@" "$BASE_URL$path" 2>"$work/problem") || problem=$?
}

# send NAME METHOD PATH CREDENTIALS [OPTION...]: as call; waits while throttled, and remembers
# what is created.
send() {
  for pause in 1 2 4 8 0; do
    call "$@"
    { [ "$status" = 429 ] && [ "$pause" -gt 0 ]; } || break
    sleep "$pause"
  done
  say "$name. $method $path"
  say "   -> $status $(printable <"$work/$name.body")"
  case $problem in
    0 | 28 | 52 | 56) ;;
    *) blocked "curl says $(printable <"$work/problem")" ;;
  esac
  case "$method $path $status" in
    'DELETE /v1/Services/'*' 2'*) removed="$removed ${path##*/}" ;;
    'POST /v1/Services 2'* | 'POST /v1/Services?'*' 2'*) remember "$who" ;;
  esac
}

remember() {
  made=$(text "$name" /sid) || made=
  case $made in
    '' | *[!A-Za-z0-9_-]*) say "   (created something without a usable sid: look for its name)" ;;
    *) created="$created $1=$made" ;;
  esac
}

cleanup() {
  for one in $created; do
    who=${one%%=*}
    case $who in other-account) ;; *) who=own ;; esac
    call cleanup DELETE "/v1/Services/${one#*=}" "$who"
    case "$status $removed " in
      2* | 404* | 400*" ${one#*=} "*) ;;
      *) say "Left behind: ${one#*=} (its delete answered $status)" >&2 ;;
    esac
  done
  rm -rf "$work"
}

# value NAME POINTER: the JSON that stands at a pointer of an answer, as it was written.
value() {
  at=$2 LC_ALL=C awk '
    function blank() { while (i <= n && index(" \t\r\n", substr(s, i, 1))) i++ }
    function skip_text() {
      i++
      while (i <= n && substr(s, i, 1) != "\"") i += substr(s, i, 1) == "\\" ? 2 : 1
      i++
    }
    function walk(at,   c, from, k) {
      blank(); from = i; c = substr(s, i, 1)
      if (c == "{") {
        i++
        for (blank(); i <= n && (c = substr(s, i, 1)) != "}"; blank()) {
          if (c != "\"") { i++; continue }
          k = i + 1; skip_text(); k = substr(s, k, i - 1 - k); blank(); i++
          walk(at "/" k)
        }
        i++
      } else if (c == "[") {
        i++; k = 0
        for (blank(); i <= n && (c = substr(s, i, 1)) != "]"; blank()) {
          if (c == ",") { i++; continue }
          walk(at "/" k++)
        }
        i++
      } else if (c == "\"") skip_text()
      else {
        while (i <= n && !index(",]} \t\r\n", substr(s, i, 1))) i++
        if (i == from) i++
      }
      if (at == ENVIRON["at"] && !found) { found = 1; print substr(s, from, i - from) }
    }
    { s = s $0 " " }
    END { n = length(s); i = 1; walk(""); exit !found }
  ' "$work/$1.body"
}

# text NAME POINTER: the same for a text, without its quotes and the escapes that URLs meet.
text() {
  raw=$(value "$1" "$2") || return 1
  case $raw in '"'*) ;; *) return 1 ;; esac
  printf '%s\n' "$raw" | sed -e 's/^"//' -e 's/"$//' -e 's|\\/|/|g' \
    -e 's/\\u0026/\&/g' -e 's/\\u003[dD]/=/g' -e 's/\\u002[bB]/+/g' -e 's/\\u0025/%/g'
}

# index_of NAME SID: where a Service stands on a page.
index_of() {
  item=0
  while one=$(text "$1" "/services/$item/sid"); do
    [ "$one" != "$2" ] || { say "$item"; return 0; }
    item=$((item + 1))
  done
  return 1
}

# pad NUMBER: Services to fill pages with, on an account that holds too few.
pad() {
  token=$(od -An -N4 -tx1 /dev/urandom | tr -d ' \n')
  count=0
  while [ "$count" -lt "$1" ]; do
    count=$((count + 1))
    printf 'UniqueName=pc-%s-pad%s' "$token" "$count" >"$work/pad.send"
    call pad POST /v1/Services own --data-binary @"$work/pad.send"
    case $status in 2??) remember own ;; *) blocked "Services to fill a page with are refused" ;; esac
  done
}

# walk PATH: all pages from there on, put together in $work/walk.
walk() {
  more=0 next=$1
  : >"$work/walk"
  while [ "$more" -lt 200 ]; do
    more=$((more + 1))
    send "page-$more" GET "$next" own
    case $status in 200) ;; *) blocked "a page answers $status" ;; esac
    cat "$work/page-$more.body" >>"$work/walk"
    next=$(text "page-$more" /meta/next_page_url) || return 0
    next=$(path_of "$next")
  done
}

# shown SID: how often a Service is in there.
shown() {
  tr -d '\n\r\t ' <"$work/walk" | tr ',{}' '[\n*]' | grep -c "^\"sid\":\"$1\""
}

# from_now DATE: how many seconds lie between an ISO 8601 date in GMT and now.
from_now() {
  printf '%s %s\n' "$1" "$(date -u '+%Y-%m-%dT%H:%M:%SZ')" | tr -d '"' | LC_ALL=C awk '
    function seconds(text,   p, y, m, days) {
      split(text, p, /[^0-9]+/); y = p[1]; m = p[2]
      if (m < 3) { y--; m += 12 }
      days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400) + int((153 * m - 457) / 5) + p[3]
      return ((days * 24 + p[4]) * 60 + p[5]) * 60 + p[6]
    }
    { apart = seconds($1) - seconds($2); print int(apart < 0 ? -apart : apart)
      exit $1 !~ /^[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+/ }'
}

# path_of URL: what of it stands below the base URL.
path_of() { printf '%s\n' "$1" | sed 's|^[^?]*\(/v1/\)|\1|; s|^[A-Za-z]*://[^/]*||'; }

# shape: what stays the same from one run to the next: no sids, times, names or hosts.
shape() {
  LC_ALL=C tr '\n\r\t' '   ' | sed -e 's/\([A-Z][A-Z]\)[0-9a-fA-F]\{32\}/\1-sid/g' \
    -e 's/pc-[0-9a-z]\{8\}-/pc-/g' -e 's|\\/|/|g' -e 's|\(https*://\)[^/"]*|\1host|g' \
    -e 's/[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]/0000-00-00/g' \
    -e 's/[0-9][0-9]:[0-9][0-9]:[0-9][0-9]/00:00:00/g' -e 's/\(00:00:00\.\)[0-9]*/\10/g' \
    -e 's/[A-Z][a-z][a-z], [0-9][0-9]* [A-Z][a-z][a-z] [0-9]\{4\}/Ddd, 0 Mmm 0000/g' \
    -e 's/PageToken=[^&"]*/PageToken=/g' -e 's/\(^\|[^0-9]\)1[0-9]\{9\}\([0-9]\{3\}\)*\([^0-9]\|$\)/\1now\3/g' \
    -e 's/  */ /g' -e 's/ \([]},:[{]\)/\1/g' -e 's/\([]},:[{]\) /\1/g' -e 's/ $//'
}
