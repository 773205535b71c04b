#!/bin/sh
# Prints the path of a Chromium that starts: $CHROMIUM, or one on the PATH, or one that is
# installed now. What it says on the way goes to stderr. One without windows is preferred: it
# does a page's work in three quarters of the time.

python=${PYTHON:-.venv/bin/python}

starts() { "$1" --version >/dev/null 2>&1; }

installed() {
    for name in chromium-headless-shell chromium chromium-browser google-chrome google-chrome-stable chrome; do
        path=$(command -v "$name") && starts "$path" && echo "$path" && return
    done
    return 1
}

downloaded() {
    path=$("$python" -c 'from playwright.sync_api import sync_playwright as start
with start() as playwright: print(playwright.chromium.executable_path)' 2>/dev/null)
    starts "$path" && echo "$path"
}

apt_install() {
    for package in chromium-headless-shell chromium; do
        DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends \
            "$package" fonts-dejavu-core fonts-liberation && return
    done
    return 1
}

if [ -n "$CHROMIUM" ]; then
    starts "$CHROMIUM" && echo "$CHROMIUM" && exit
    echo "CHROMIUM is set to $CHROMIUM, which does not start." >&2
    exit 1
fi

installed && exit
downloaded && exit

if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    echo "Installing Chromium for the browser tests ..." >&2
    { apt_install || { apt-get update -q && apt_install; }; } >&2
    installed && exit
fi

echo "Downloading Chromium for the browser tests ..." >&2
"$python" -m playwright install chromium >&2
downloaded && exit

echo "The browser tests need Chromium, and it could be neither found nor installed." >&2
echo "Install it with your package manager, or set CHROMIUM to the path of one." >&2
exit 1
