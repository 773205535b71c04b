# Signalcast. `make run` and `make test` need nothing but Python, and set up all the rest.

PORT ?= 8000
RATE ?= 20
DURATION ?= 300

VENV := .venv
PY := $(VENV)/bin/python

# A stamp for each set of requirements, named after its content: what is installed already is
# not looked at again.
checksum = $(shell cksum < requirements/$(1).txt | cut -d ' ' -f 1)
RUN := $(VENV)/run-$(call checksum,run)
TEST := $(VENV)/test-$(call checksum,test)
BENCH := $(VENV)/bench-$(call checksum,bench)
NODE := node_modules/.made-$(shell cksum < package.json | cut -d ' ' -f 1)

.DEFAULT_GOAL := help
.PHONY: help setup run shell simulate test test-compat chaos chaos-mutants soak screenshots bench bench-fanout bench-latency bench-burst bench-send bench-reactions bench-replay bench-memory bench-connect bench-end-to-end bench-drops bench-browser bench-scaling check check-js clean
.NOTPARALLEL:

# Each of the hundreds of processes that the tests start would compile every module anew.
unexport PYTHONDONTWRITEBYTECODE

help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: $(RUN) ## Install what the demo needs, prepare the database
	@$(PY) manage.py migrate --verbosity 0
	@$(PY) manage.py seed

run: setup ## Serve the dashboard to this machine, PORT=8000
	@$(PY) -c "$$PORT_IS_FREE" $(PORT)
	@echo
	@echo "  Signalcast is at http://127.0.0.1:$(PORT)/ - to see something there, in another terminal:"
	@echo
	@echo "    make simulate    a school's busy day"
	@echo "    make shell       and in it: order_paid.send(sender=Order, order=Order.objects.first(), note=\"hello\")"
	@echo
	@PYTHONUNBUFFERED=1 exec $(PY) manage.py runserver --noreload 127.0.0.1:$(PORT)

shell: setup ## Open a Python shell that has the signals and models at hand
	@exec $(PY) manage.py shell

simulate: setup ## Do business at the example school, RATE=20 signals a second
	@exec $(PY) manage.py simulate --rate $(RATE)

# The demo's own environment has no say in the tests; only $DATABASE_URL chooses the PostgreSQL.
PYTEST := env -u DEBUG -u SECRET_KEY -u ALLOWED_HOSTS -u METRICS_TOKEN -u LOG_FORMAT -u HTTPS -u PROXIES $(PY) -m pytest

# In these a database has no part worth a second run.
ANY_DATABASE := $(addprefix events/,test_documentation.py test_event.py test_fields.py test_instance.py test_logs.py \
		test_mask.py test_nudge_valkey.py test_origin.py test_payload.py test_personal.py test_personal_paths.py \
		test_reception.py test_schema.py test_settings.py test_shape.py test_stencil.py test_streams.py \
		test_summary.py test_tally.py test_value.py) \
	$(addprefix integration/,test_asyncapi.py test_cloudevents.py test_examples.py test_hostile.py test_layers.py \
		test_rolling_restart.py test_server.py test_socket_access.py test_socket_bounded.py test_socket_plain.py \
		test_socket_protocol.py test_socket_shutdown.py test_sse.py test_tail.py test_tokens.py test_write_shell.py)

# A lane for each of two cores, with its share of the browser tests, for which the database has no part.
test: check ## Check and test everything, on SQLite and PostgreSQL, in a real browser
	CHROMIUM="$$(tests/chromium.sh)" && export CHROMIUM && $(PY) -m tests.lanes \
		env -u DATABASE_URL $(PYTEST) --ignore-glob='tests/browser/test_[d-z]*' --ignore-glob='tests/compat/test_a*' \
		--beside $(PY) -m tests.postgresql $(PYTEST) tests/events tests/integration tests/academy tests/browser \
			tests/compat/test_a*.py --ignore-glob='tests/browser/test_[a-c]*' \
			$(ANY_DATABASE:%=--ignore=tests/%)

test-compat: $(TEST) ## Test with Django 5.2 and with the newest, on the Pythons that are found
	CHROMIUM="$$(tests/chromium.sh)" && export CHROMIUM && $(PY) -m tests.compat.matrix

chaos: $(TEST) ## Break everything that can break, DURATION=300 seconds, SEED=random
	$(PY) -m tests.chaos --seconds $(DURATION) $(if $(SEED),--seed $(SEED))

chaos-mutants: $(TEST) ## Break the product in each known way: the same campaign must notice
	$(PY) -m tests.chaos --mutants $(if $(SEED),--seed $(SEED))

soak: DURATION = 60
soak: $(TEST) ## Weigh the server among 200 slow clients, and among hostile ones, DURATION=60 seconds each
	$(PY) -m tests.soak $(DURATION)
	CHROMIUM="$$(tests/chromium.sh)" && export CHROMIUM && $(PYTEST) tests/browser/soak_tabs.py
	$(PY) -m tests.soak.hostile $(DURATION)

screenshots: $(TEST) ## Take the pictures of the dashboard that are in docs/
	CHROMIUM="$$(tests/chromium.sh)" && export CHROMIUM && $(PY) -m tests.screenshots

bench: $(BENCH) ## Weigh everything, here and elsewhere: a quarter of an hour, JSON=path
	$(PY) -m benchmarks $(if $(JSON),--json $(JSON))

bench-fanout: $(BENCH) ## Weigh the server and its peers as they deliver, CLIENTS="100 1000"
	$(PY) -m benchmarks.fanout $(if $(CLIENTS),--clients $(CLIENTS)) $(if $(JSON),--json $(JSON))

bench-latency: $(BENCH) ## Take the time of single events to 100 clients, here and elsewhere
	$(PY) -m benchmarks.latency $(if $(JSON),--json $(JSON))

bench-burst: $(BENCH) ## Count what arrives of 5,000 events that come at once, here and elsewhere
	$(PY) -m benchmarks.burst $(if $(JSON),--json $(JSON))

bench-send: $(BENCH) ## Weigh send() beside one bare INSERT, on PostgreSQL and SQLite
	$(PY) -m benchmarks.send $(if $(JSON),--json $(JSON))

bench-reactions: $(BENCH) ## Weigh what it costs a sender that its receivers are watched
	$(PY) -m benchmarks.reactions $(if $(JSON),--json $(JSON))

bench-replay: $(BENCH) ## Weigh the server as it reads the log, EVENTS=1000000
	$(PY) -m benchmarks.replay $(if $(EVENTS),--events $(EVENTS)) $(if $(JSON),--json $(JSON))

bench-memory: $(BENCH) ## Weigh what idle clients take of the server's memory, CLIENTS=1000
	$(PY) -m benchmarks.memory $(if $(CLIENTS),--clients $(CLIENTS)) $(if $(JSON),--json $(JSON))

bench-connect: $(BENCH) ## Weigh the server as clients connect, and in a storm of CLIENTS=2000
	$(PY) -m benchmarks.connect $(if $(CLIENTS),--clients $(CLIENTS)) $(if $(JSON),--json $(JSON))

bench-end-to-end: $(BENCH) ## Take the time from send() to the frame, and look for the rate at which it lags
	$(PY) -m benchmarks.end_to_end $(if $(JSON),--json $(JSON))

bench-drops: $(BENCH) ## Cut every client off for 2 s again and again, here and elsewhere
	$(PY) -m benchmarks.drops $(if $(JSON),--json $(JSON))

bench-browser: $(TEST) ## Weigh the dashboard in a real browser at 1,000 events a second
	$(PY) -m benchmarks.browser $(if $(JSON),--json $(JSON))

bench-scaling: $(BENCH) ## Go up with clients, events and rows in steps of ten, OPTIONS="--parts rows"
	$(PY) -m benchmarks.scaling $(OPTIONS) $(if $(JSON),--json $(JSON))

check: $(TEST) ## Check style, types and imports
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(PY) $(VENV)/bin/lint-imports

# Nothing else needs Node.
check-js: $(TEST) $(NODE) ## Check the scripts' types, /asyncapi.json and the Node example, with Node 20 or newer
	$(PYTEST) -m node tests/frontend tests/integration tests/benchmarks

clean: ## Remove everything made here but the database
	rm -rf $(VENV) $(VENV)-compat-* build dist *.egg-info test-results
	rm -rf node_modules .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -prune -exec rm -rf {} +

# -- How it is set up --------------------------------------------------------------------------

# Python compiles a module when it is first imported, and most of these never are.
INSTALL = $(PY) -m pip install --quiet --no-compile --disable-pip-version-check --require-hashes -r

$(RUN):
	@$(make_venv)
	@echo "Installing what the demo needs ..."
	@$(INSTALL) requirements/run.txt
	@touch $@

# It is all of the above and more.
$(TEST):
	@$(make_venv)
	@echo "Installing what the tests need ..."
	@$(INSTALL) requirements/test.txt
	@touch $@ $(RUN)

$(BENCH):
	@$(make_venv)
	@echo "Installing what is compared with ours ..."
	@$(INSTALL) requirements/bench.txt
	@touch $@ $(TEST) $(RUN)

$(NODE):
	@node --version >/dev/null 2>&1 || { echo "It needs Node 20 or newer, with npm: https://nodejs.org" >&2; exit 1; }
	@echo "Installing what the checks of JavaScript need ..."
	@npm install --silent
	@touch $@

# A virtual environment that is missing, half made, or older than its Python is made anew.
define make_venv
$(PY) -m pip --version >/dev/null 2>&1 || { \
	for python in $(or $(PYTHON),python3 python3.14 python3.13 python3.12 python3.11); do \
		"$$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && break; \
		python=; \
	done; \
	test -n "$$python" || { \
		echo "Signalcast needs Python 3.11 or newer, and found none. Install it, or say where it" >&2; \
		echo "is: make run PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$python" -m venv --clear $(VENV) || { \
		echo "$$python could not make a virtual environment. On Debian and Ubuntu it needs the" >&2; \
		echo "package python3-venv." >&2; exit 1; }; }
endef

define PORT_IS_FREE
import socket, sys
try:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind(("127.0.0.1", int(sys.argv[1])))
except (OSError, OverflowError, ValueError) as reason:
    sys.exit(f"Port {sys.argv[1]} cannot be used ({reason}). Choose another: make run PORT=8001")
endef
export PORT_IS_FREE
