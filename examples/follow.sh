#!/bin/sh
# Follows the stream with curl, prints one event a line, and goes on where it was: follow.sh [URL [FILE]]
#
# The token is that of $SIGNALCAST_TOKEN, which a development server on this machine does not ask for. FILE keeps the
# place: the id of the last event that was printed, or of what came after it and did not match.

url=${1:-http://127.0.0.1:8000/sse/?after=earliest}
file=${2:-place.txt}

while :; do
    # A header without a value is not sent. They come by a file, so that no list of processes shows the token.
    curl --silent --no-buffer --config - --write-out 'status: %{http_code}\n' "$url" <<END |
header = "Authorization:${SIGNALCAST_TOKEN:+ Bearer $SIGNALCAST_TOKEN}"
header = "Last-Event-ID: $(cat "$file" 2>/dev/null)"
END
        while IFS= read -r line; do
            case $line in
                'id: '*) id=${line#id: } ;;
                'event: '*) control=${line#event: } ;;
                'data: '*) data=${line#data: } ;;
                '') # Only now it is whole: what was cut off before comes again.
                    [ -z "$data" ] || if [ "$control" ]; then echo "$control: $data" >&2; else printf '%s\n' "$data"; fi
                    [ -z "$id" ] || { printf '%s\n' "$id" >"$file.new" && mv "$file.new" "$file"; }
                    id='' control='' data=''
                    ;;
                *'status: 429') ;;
                *'status: 4'??)
                    printf '%s\n' "$line" >&2
                    exit 1
                    ;;
            esac
        done || exit 1
    sleep 1
done
