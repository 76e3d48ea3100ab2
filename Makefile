# Every verb of the house. `make` alone lists those with a `##` text.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help setup demo demo-mysql test test-fast test-jvm test-faults test-versions test-wheels coverage lint fmt type check reference docs bench bench-jvm bench-verdicts bench-outliers bench-attacks bench-concept bench-estimates bench-attributions bench-performance fuzz zip jar clean java

# A Spark or a module path of the caller's shell would be mixed with the ones installed here; without compiled files
# each of the processes that Spark and the tests start would compile all that it imports.
unexport SPARK_HOME PYTHONPATH PYTHONDONTWRITEBYTECODE

PYTHON := .venv/bin/python
INSTALLED := .venv/.installed
FUZZERS := .venv/.fuzzers
JARS := .venv/.jars
BROKER := build/kafka/.fetched
DATABASE := build/mariadb/.fetched
ALERTMANAGER := build/alertmanager/.fetched
SOURCES := sparkmon tests scripts bench fuzz conftest.py
FUZZ_SECONDS := 600
MVN := mvn --batch-mode --quiet --file scala-stubs/pom.xml
# Tests run in two processes, each of which takes file after file, and has a Spark session and servers of its own.
WORKERS := 2
PARALLEL = -n $(WORKERS) --dist loadfile --no-loadscope-reorder

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: java $(JARS) ## make .venv, install everything, fetch Spark's jars (Python 3.10+, Java 17+)
	@echo "ready: make demo shows it at work, make test proves it"

demo: java $(JARS) ## watch a model drift: traffic, Spark, verdicts and alerts on this machine
	@.venv/bin/sparkmon demo

demo-mysql: java $(JARS) $(DATABASE) ## the same, with the features in a MariaDB that is fetched and started for it
	@$(PYTHON) -m scripts.demo_mysql

test: java $(JARS) $(BROKER) $(DATABASE) $(ALERTMANAGER) ## everything that CI runs: doctests, units, Spark, Kafka, MariaDB, KServe
	@$(PYTHON) -m pytest $(PARALLEL)

test-fast: $(INSTALLED) ## doctests and units alone, in about a minute: no Spark, no Java, no server, no simulation
	@$(PYTHON) -m pytest $(PARALLEL) --fast

test-jvm: java $(JARS) jar ## the functions of the JVM: ScalaTest, and the numbers of Python from a real session (Maven 3.8+)
	@$(MVN) test
	@$(PYTHON) -m pytest --jvm tests/jvm

test-faults: java $(JARS) $(BROKER) ## kill drivers, executors and brokers, fill disks, damage files: over an hour; root mounts small disks
	@$(PYTHON) -m pytest --faults -s --timeout 7200 tests/faults

test-wheels: $(INSTALLED) ## build wheel and sdist, install each extra by itself, and submit to a cluster: ten minutes or more
	@$(PYTHON) -m pytest --wheels --timeout 3600 tests/packaging

test-versions: java $(BROKER) ## the main job on each supported Spark, in environments of their own; VERSIONS="3.5 4.0" for some
	@$(PYTHON) -m scripts.test_versions $(VERSIONS)

coverage: java $(JARS) $(BROKER) $(DATABASE) $(ALERTMANAGER) ## test, and show the lines and branches that no test reached
	@$(PYTHON) -m pytest $(PARALLEL) --cov

lint: $(INSTALLED) ## ruff and, for Dockerfiles, hadolint: rules and format, nothing changed
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/hadolint examples/kserve/Dockerfile examples/kserve/Dockerfile.spark

fmt: $(INSTALLED) ## ruff: repair what can be repaired, and format
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

type: $(INSTALLED) ## mypy --strict over the package, its tests and its scripts
	@.venv/bin/mypy $(SOURCES)

check: lint type test-fast ## what to run before a commit: lint, type, test-fast

reference: $(INSTALLED) ## docs/reference and the names for Scala, from the code
	@$(PYTHON) -m scripts.make_reference_pages
	@$(PYTHON) -m scripts.make_scala_names

docs: reference ## the site of the documentation, in build/site: any warning is an error
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --quiet

bench: java $(JARS) ## measure throughput and cost on this machine
	@$(PYTHON) -m bench.run

bench-jvm: java $(JARS) jar ## what a pair of profiles costs in SQL: functions of the JVM beside the pandas UDFs
	@$(PYTHON) -m bench.native_functions

bench-verdicts: java $(JARS) ## whose verdicts hold: false alarms and detection, sparkmon and its peers
	@$(PYTHON) -m bench.verdicts.run --write-docs

bench-outliers: $(INSTALLED) ## how well outliers are found: sparkmon beside PyOD and river
	@$(PYTHON) -m bench.outliers.run

bench-concept: $(INSTALLED) ## how soon a model that got worse is found, and how often one that did not
	@$(PYTHON) -m bench.concept.run

bench-estimates: $(INSTALLED) ## how far performance estimated without labels is from what labels say: sparkmon and NannyML
	@$(PYTHON) -m bench.estimates.run

bench-attributions: $(INSTALLED) ## how near attributions are to TreeSHAP, and what they ask of a model
	@$(PYTHON) -m bench.attributions.run

bench-performance: $(INSTALLED) ## what performance by labels and estimates costs, next to bytes to panes
	@$(PYTHON) -m bench.performance_cost

bench-attacks: $(INSTALLED) ## how soon clients that attack a model are found, alone and among honest rows
	@$(PYTHON) -m bench.attacks.run

fuzz: $(FUZZERS) ## give readers and receiver what nobody would send, for FUZZ_SECONDS=600 in all
	@$(PYTHON) -m fuzz.run --seconds $(FUZZ_SECONDS)

zip: $(INSTALLED) ## build/sparkmon.zip, for spark-submit --py-files
	@$(PYTHON) scripts/make_zip.py build/sparkmon.zip

jar: java ## sparkmon/jars: the SQL functions for JVM sessions, which wheels then carry (Maven 3.8+; offline after the first time)
	@rm -f sparkmon/jars/*.jar
	@$(MVN) -DskipTests package
	@ls sparkmon/jars/*.jar

clean: ## remove what was built here; keep .venv and downloaded jars
	@rm -rf build/*.zip build/*.log dist .coverage spark-warehouse metastore_db derby.log
	@rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis
	@find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +

java:
	@sh scripts/make_venv.sh .venv
	@PYTHONPATH=. $(PYTHON) -m sparkmon.java

# Stamp files: each step is done again only when what it depends on is newer.
$(INSTALLED): pyproject.toml
	@sh scripts/make_venv.sh .venv
	@echo "installing sparkmon and its tools (minutes: pyspark alone is 450 MB)"
	@sh scripts/quietly.sh build/install.log $(PYTHON) -m pip install --upgrade 'pip>=25.1'
	@sh scripts/quietly.sh build/install.log $(PYTHON) -m pip install -e '.[all,hopsworks,mlflow,feast]' --group dev
	@touch $@

$(FUZZERS): $(INSTALLED)
	@echo "installing the fuzzers"
	@sh scripts/quietly.sh build/install.log $(PYTHON) -m pip install --group fuzz
	@touch $@

$(JARS): $(INSTALLED) sparkmon/session.py scripts/prefetch_jars.py
	@echo "fetching Spark's jars for Delta and Kafka (a minute; once)"
	@sh scripts/quietly.sh build/jars.log $(PYTHON) scripts/prefetch_jars.py
	@touch $@

$(BROKER): $(INSTALLED) scripts/kafka-ivy.xml scripts/fetch_kafka.py
	@echo "fetching the Kafka broker for the tests (44 MB; once)"
	@sh scripts/quietly.sh build/kafka.log $(PYTHON) scripts/fetch_kafka.py build/kafka
	@touch $@

$(DATABASE): $(INSTALLED) scripts/fetch_mariadb.py
	@echo "fetching a MariaDB for the tests, unless one is installed (149 MB; once)"
	@sh scripts/quietly.sh build/mariadb.log $(PYTHON) scripts/fetch_mariadb.py build/mariadb
	@touch $@

# Where there is none to fetch, its tests are skipped, save in CI.
$(ALERTMANAGER): $(INSTALLED) scripts/fetch_alertmanager.py
	@echo "fetching an Alertmanager and a Prometheus for the tests, unless they are installed (120 MB; once)"
	@sh scripts/quietly.sh build/alertmanager.log $(PYTHON) scripts/fetch_alertmanager.py build/alertmanager \
		&& touch $@ || [ "$$CI" != true ]
