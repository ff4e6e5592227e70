"""Browsers draw a page without a screen. They bring their own malloc: what is shown is that they start and
work with the allocator loaded."""

from .program import maker

browser = maker("browser")

PROGRAMS = (
    browser("chromium", "chromium", "chromium", "chromium --version", r"""
        run() {
            chromium --headless --disable-gpu --no-first-run --disable-dev-shm-usage --user-data-dir="$PWD/profile" \
                $SANDBOX --virtual-time-budget=5000 --hide-scrollbars --window-size=600,500 "$@" \
                "file://$WORK/page.html"
        }
        [ "$(id -u)" != 0 ] && SANDBOX= || SANDBOX=--no-sandbox
        run --dump-dom 2>log | grep -o '<p id="result">[^<]*' || { tail -5 log >&2; exit 1; }
        run --screenshot="$PWD/page.png" 2>log; sha256sum <page.png""", own="chromium", shows="chromium"),

    browser("firefox", "firefox-esr", "firefox-esr", "firefox-esr --version", r"""
        export MOZ_HEADLESS=1 MOZ_CRASHREPORTER_DISABLE=1
        mkdir profile
        firefox-esr --headless --no-remote --profile "$PWD/profile" --window-size 600,500 \
            --screenshot "$PWD/page.png" "file://$WORK/page.html" >log 2>&1 || { tail -5 log >&2; exit 1; }
        sha256sum <page.png""", own="firefox-esr", shows="firefox-esr"),
)
