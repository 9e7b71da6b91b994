# Sourced: a Python with the test clients, once, in a cache outside the tree.
venv="${XDG_CACHE_HOME:-$HOME/.cache}/lianou/python"
LIANOU_PYTHON="$venv/bin/python3"
export LIANOU_PYTHON
if ! cmp -s tests/requirements.txt "$venv/requirements.txt"; then
    echo "bringing the Python clients to $venv"
    python3 -m venv "$venv"
    if ! "$venv/bin/pip" install -q --disable-pip-version-check -r tests/requirements.txt; then
        echo "lianou: pip could not bring tests/requirements.txt; install them into $venv by hand" >&2
        exit 1
    fi
    cp tests/requirements.txt "$venv/requirements.txt"
fi
