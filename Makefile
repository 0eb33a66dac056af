# The one door: `make help` says what is behind it.

BUILD ?= build
PROFILE ?= release
PREFIX ?= /usr/local
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
CMAKEDIR = $(LIBDIR)/cmake/http_responder
MANDIR ?= $(PREFIX)/share/man
BASHDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHDIR ?= $(PREFIX)/share/zsh/vendor-completions
FISHDIR ?= $(PREFIX)/share/fish/vendor_completions.d
DESTDIR ?=
PORT ?= 8080
ADDR ?= 127.0.0.1
PYTHON ?= python3
CARGO ?= cargo
INSTALL ?= install
LDCONFIG ?= ldconfig

VERSION := $(shell sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml | head -n 1)
SOVERSION := 0
TARGET := $(or $(CARGO_TARGET_DIR),target)
CARGO_OUT := $(TARGET)/$(if $(filter dev,$(PROFILE)),debug,$(PROFILE))

# TLS=off leaves TLS and the CA out: a third of the size.
TLS ?= on
FEATURES = $(if $(filter off,$(TLS)),--no-default-features)

CFLAGS ?= -O2 -g
CFLAGS_ALL = -std=c11 -D_DEFAULT_SOURCE -Wall -Wextra -Wpedantic -Werror -pthread -Iinclude $(CFLAGS)
# What a program needs beside libhttp_responder.a: rustc --print native-static-libs, without what
# the C compiler adds by itself.
STATIC_LIBS = -lutil -lrt -lpthread -lm -ldl
PACKED = $(shell deploy/build/packed.sh $(CC) $(LDFLAGS))

LIB := $(BUILD)/lib
SO := $(LIB)/libhttp_responder.so
SO_REAL := $(SO).$(VERSION)
ARCHIVE := $(LIB)/libhttp_responder.a
PC := $(LIB)/pkgconfig/http_responder.pc
HEADER := $(BUILD)/include/http_responder.h
BINARIES := $(BUILD)/http_responder $(BUILD)/http_responder_mt
C_TESTS := $(BUILD)/tests/c_tests
VENV := $(BUILD)/venv

# They are for the C programs: crates that bring C with them would be built again for each change.
unexport CFLAGS LDFLAGS

.DEFAULT_GOAL := build
.DELETE_ON_ERROR:
# Suites measure time, and cargo uses all cores by itself.
.NOTPARALLEL:

.PHONY: help
help: ## Says what there is
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1|\2/p' $(firstword $(MAKEFILE_LIST)) | column -t -s '|'
	@echo "  Variables: PREFIX DESTDIR LIBDIR, PORT ADDR (run), PROFILE=dev (quick builds), TLS=off, BUILD"

.PHONY: build
build: $(BINARIES) $(SO) $(ARCHIVE) $(PC) $(HEADER) ## Builds the binaries and the C library into build/

.PHONY: run
run: $(BUILD)/http_responder_mt ## Answers on http://127.0.0.1:8080 (PORT, ADDR)
	@exec $< $(PORT) $(ADDR)

# ---- the library ----

.PHONY: FORCE
FORCE:

# What was said on the command line or in the environment, so that what was built with other flags
# is built again.
FLAGS := $(BUILD)/flags
$(FLAGS): FORCE
	@mkdir -p $(@D)
	@printf '%s\n' 'CC=$(CC)' 'CFLAGS=$(CFLAGS_ALL)' 'LDFLAGS=$(LDFLAGS)' 'PROFILE=$(PROFILE)' >$@.new
	@cmp -s $@.new $@ && rm $@.new || mv $@.new $@

# Cargo knows what is stale; a file is replaced only where it differs, so that nothing that depends
# on it is made again without need.
$(ARCHIVE): FORCE
	@mkdir -p $(LIB)
	$(CARGO) build --locked --profile $(PROFILE) $(FEATURES) -p http_responder_c
	@cmp -s $(CARGO_OUT)/libhttp_responder_c.a $@ || cp $(CARGO_OUT)/libhttp_responder_c.a $@

$(SO_REAL): $(ARCHIVE) FORCE
	@cmp -s $(CARGO_OUT)/libhttp_responder_c.so $@ || cp $(CARGO_OUT)/libhttp_responder_c.so $@

$(SO): $(SO_REAL)
	@ln -sfn $(notdir $(SO_REAL)) $(SO).$(SOVERSION)
	@ln -sfn $(notdir $(SO)).$(SOVERSION) $@

$(HEADER): include/http_responder.h
	@mkdir -p $(@D)
	@cp $< $@

# The build tree's own file finds its neighbours from where it stands; `install` writes the real
# directories into a copy.
$(PC): Makefile Cargo.toml
	@mkdir -p $(@D)
	@printf '%s\n' \
	    'prefix=$${pcfiledir}/../..' \
	    'libdir=$${prefix}/lib' \
	    'includedir=$${prefix}/include' \
	    '' \
	    'Name: http_responder' \
	    'Description: An HTTP/1.x server inside your program' \
	    'Version: $(VERSION)' \
	    'Libs: -L$${libdir} -lhttp_responder' \
	    'Libs.private: $(STATIC_LIBS)' \
	    'Cflags: -I$${includedir}' >$@

# ---- programs ----

MAIN := $(addprefix c_examples/,http_responder_main background admin/health admin/ask)
TOP := $(addprefix c_examples/top/,top report draw canvas)
$(BINARIES): $(BUILD)/%: c_examples/%.c $(MAIN:=.c) $(MAIN:=.h) $(TOP:=.c) $(TOP:=.h) include/http_responder.h $(ARCHIVE) $(FLAGS)
	$(CC) $(CFLAGS_ALL) $< $(MAIN:=.c) $(TOP:=.c) $(ARCHIVE) -o $@ $(LDFLAGS) -Wl,--gc-sections $(PACKED) $(STATIC_LIBS)

.PHONY: examples
examples: build $(FLAGS) ## Builds the C examples into build/examples
	@$(MAKE) --no-print-directory -C c_examples OUT=$(abspath $(BUILD)/examples) \
	    CC="$(CC)" CFLAGS="$(CFLAGS) -Werror" HR_CFLAGS=-I../include HR_DEPENDS=$(abspath $(FLAGS)) \
	    HR_LIBS="-L$(abspath $(LIB)) -lhttp_responder -Wl,-rpath,'\$$\$$ORIGIN/../lib'"

.PHONY: header
header: ## Makes include/http_responder.h from the sources of the C ABI
	$(CARGO) run --quiet --locked --manifest-path bindings/c/header/Cargo.toml --target-dir $(TARGET)

.PHONY: docs
docs: ## Writes anew what is generated from the tables: pages of the guide, manual pages, completions
	UPDATE_DOCS=1 $(CARGO) test --quiet --locked -p http_responder --test generated_docs --test generated_manual

$(VENV)/ready: tests/requirements.txt python/tests/requirements.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt \
	    -r python/tests/requirements.txt
	@touch $@

.PHONY: python
python: $(VENV)/ready ## Builds the Python package and installs it into build/venv
	$(VENV)/bin/pip install --quiet --disable-pip-version-check --force-reinstall --no-deps ./python

# Where it runs: zig (pip: ziglang) compiles and links it for glibc 2.17, which CPython 3.9 and later all have, or with
# WHEEL_TAG=musllinux_1_2 for musl (rustup target add ...-linux-musl). WHEEL_TAG= takes this machine's compiler, and the lowest tag
# that its glibc allows. WHEEL_ARGS are more words for maturin.
WHEEL_TAG ?= manylinux2014
ZIG = $(if $(WHEEL_TAG),--zig --compatibility $(WHEEL_TAG) $(if $(findstring musl,$(WHEEL_TAG)),--target $(shell uname -m)-unknown-linux-musl))
.PHONY: wheel
wheel: $(VENV)/ready ## Builds the Python wheel (abi3, CPython 3.9 and later) into build/wheels (WHEEL_TAG=musllinux_1_2, WHEEL_TAG=)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check 'maturin>=1.9.4,<2' $(if $(WHEEL_TAG),'ziglang>=0.15')
	@rm -rf $(BUILD)/wheels
	cd python && $(if $(WHEEL_TAG),PATH="$(abspath $(VENV))/bin:$$PATH" VIRTUAL_ENV=$(abspath $(VENV))) ../$(VENV)/bin/maturin build \
	    --profile wheel --compression-level 9 --locked --out $(abspath $(BUILD))/wheels $(ZIG) $(WHEEL_ARGS)

.PHONY: test-wheel
test-wheel: wheel ## The wheel on every CPython that there is (PYTHONS=...)
	@python/tests/wheel.sh $(BUILD)/wheels

# ---- tests ----

FREE := $(BUILD)/free-threaded
.PHONY: test-free-threaded
test-free-threaded: $(VENV)/ready ## The Python package without a GIL, on a CPython built from its sources (FREE=PREFIX: on that one)
	@python/tools/free_threaded.sh $(abspath $(FREE))
	@python/tests/free_threaded.sh $(abspath $(FREE))/bin/python3 $(abspath $(BUILD))

.PHONY: test-clone
test-clone: ## pip install ./python in a clean clone, and the READMEs typed into the interpreter (a few minutes)
	@tests/packages/clone.sh $(PYTHON)

.PHONY: test
test: test-rust test-loom test-c test-wire test-python test-parity ## Runs every suite

.PHONY: test-rust
test-rust: ## The engine's tests (cargo test)
	$(CARGO) test --locked

.PHONY: test-loom
test-loom: ## The mailbox, deferred answers, streams and the bell of the log under every interleaving (loom)
	RUSTFLAGS="--cfg loom" $(CARGO) test --locked --profile model --target-dir $(TARGET)/loom \
	    --no-default-features -p http_responder \
	    --test loom_mailbox --test loom_swap --test loom_deferred --test loom_stream --test loom_bell

$(C_TESTS): $(wildcard tests/c/*.c tests/c/*.h) include/http_responder.h $(SO) Makefile $(FLAGS)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS_ALL) -DEXPECTED_VERSION='"$(VERSION)"' $(wildcard tests/c/*.c) -o $@ \
	    -L$(LIB) -lhttp_responder -Wl,-rpath,'$$ORIGIN/../lib'

.PHONY: test-c
test-c: build examples tools $(C_TESTS) ## The C API: its tests, manual, symbols, under valgrind and TSan
	$(C_TESTS)
	@tests/c/examples.sh $(BUILD)
	@tests/c/manual.sh $(BUILD)
	@tests/c/readme.sh $(BUILD)
	@tests/c/symbols.sh $(BUILD)
	@tests/c/skips.sh
	@tests/c/rebuild.sh
	@tests/c/install.sh
	@tests/c/without_tls.sh
	@tests/c/cmake.sh
	@tests/cpp/wrapper.sh $(BUILD)
	@tests/c/snippets.sh $(BUILD)
	@tests/c/valgrind.sh $(BUILD)
	@tests/c/races.sh $(TARGET)

PYTEST = HR_BUILD=$(abspath $(BUILD)) $(VENV)/bin/pytest -q

.PHONY: test-wire
test-wire: build tools python ## What goes over the wire: framing, behaviour, answers, scale (pytest)
	$(PYTEST) $(HR_PARALLEL) tests/wire tests/behaviour tests/faults tests/hostile tests/tls tests/http2 tests/answers tests/browser tests/scale tests/bench

.PHONY: test-tls-scanners
test-tls-scanners: build python ## What testssl.sh says of TLS (package testssl.sh; a few minutes)
	HR_SCANNERS=1 $(PYTEST) tests/tls/test_scanners.py

# What others' sources are tested with: the package as it is installed.
INSTALLED = $$($(VENV)/bin/python -c 'import http_responder as it; print(it.__path__[0])')

.PHONY: test-urllib3
test-urllib3: python ## urllib3's own tests, with the Python package in place of their server (a minute; PyPI)
	@tests/conformance/urllib3.sh $(BUILD)/urllib3 $(INSTALLED)

.PHONY: test-httpbin
test-httpbin: python ## httpbin's own tests, of httpbin on http_responder.wsgi (PyPI)
	@tests/conformance/httpbin.sh $(BUILD)/httpbin $(INSTALLED)

.PHONY: test-python
test-python: python ## The Python package, as installed (pytest)
	$(PYTEST) python/tests

.PHONY: test-parity
test-parity: build python ## Options and statistics are the same on every face (pytest)
	$(PYTEST) tests/parity

.PHONY: bench
bench: build tools $(VENV)/bench ## Speed and memory beside other servers (BENCH=keepalive,churn PEERS=nginx,h2o ARGS=--write)
	@tests/bench/peers/install.sh
	HR_BUILD=$(abspath $(BUILD)) $(VENV)/bin/python tests/bench/bench.py $(ARGS)

# FUZZ_RUN="nice -n 15" beside other work. `make test` runs the committed inputs only.
.PHONY: fuzz
fuzz: ## Every fuzz target for SECONDS (60) each (TARGETS="connection rules_file", ENGINE=afl)
	@rust/fuzz/run.sh $(or $(SECONDS),60) $(TARGETS)

.PHONY: check-deep
check-deep: build examples tools $(C_TESTS) test-loom ## Loom, valgrind, TSan, ASan and LSan with a proof, Miri where it is there
	@tests/c/valgrind.sh $(BUILD)
	@tests/c/races.sh $(TARGET)
	@tests/c/sanitized.sh $(TARGET)
	@tests/c/miri.sh $(TARGET)

.PHONY: hostile
hostile: build tools $(VENV)/ready ## Hostile clients, SECONDS (5) each, and what others see meanwhile (ARGS=--write)
	HR_BUILD=$(abspath $(BUILD)) $(VENV)/bin/python tests/hostile/play_all.py --seconds $(or $(SECONDS),5) $(ARGS)

.PHONY: soak
soak: build $(VENV)/ready ## Mixed traffic for MINUTES (60): memory, descriptors, counters (ARGS="--pause 0.2 --write")
	HR_BUILD=$(abspath $(BUILD)) $(VENV)/bin/python tests/soak/soak.py $(or $(MINUTES),60) $(ARGS)

.PHONY: scale
scale: build $(VENV)/bench ## Up to a million connections, in a virtual machine (COUNTS=160000,1000000 ARGS=--write)
	@tests/scale/vm/install.sh $(BUILD)
	HR_BUILD=$(abspath $(BUILD)) $(VENV)/bin/python tests/scale/vm/scale.py $(ARGS)

$(VENV)/bench: $(VENV)/ready tests/bench/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/bench/requirements.txt
	@touch $@

.PHONY: tools
tools: ## Installs what single suites need (valgrind, wrk, chromium, ...), where it can
	@tests/c/tools.sh

# ---- checks ----

.PHONY: check
check: python build ## Formatting, lints, documentation, headers, stubs
	$(CARGO) fmt --all --check
	$(CARGO) fmt --manifest-path bindings/c/header/Cargo.toml --check
	$(CARGO) clippy --locked --workspace --all-targets -- -D warnings
	$(CARGO) clippy --locked --no-default-features -p http_responder_c -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --locked --workspace --no-deps
	$(CARGO) run --quiet --locked --manifest-path bindings/c/header/Cargo.toml --target-dir $(TARGET) -- --check
	@tests/c/headers.sh
	@tests/c/doxygen.sh
	@tests/c/abi.sh $(BUILD)
	@! $(CARGO) deny --version >/dev/null 2>&1 || $(MAKE) --no-print-directory deny
	$(CARGO) test --quiet --locked -p http_responder --test generated_docs --test generated_manual
	cd $(BUILD) && $(abspath $(VENV))/bin/python -m mypy.stubtest http_responder

# ---- installing ----

# Often run as root, by whom nothing shall be built: it copies what is there.
.PHONY: install
install: ## Installs what was built under PREFIX (default /usr/local), with DESTDIR in front
	@for file in $(BINARIES) $(SO_REAL) $(ARCHIVE) $(PC); do \
	    [ -e $$file ] || { echo "install: $$file is not there: run make first" >&2; exit 1; }; \
	done
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig $(DESTDIR)$(INCLUDEDIR) $(DESTDIR)$(CMAKEDIR)
	$(INSTALL) -m 755 $(BINARIES) $(DESTDIR)$(BINDIR)
	$(INSTALL) -m 755 $(SO_REAL) $(DESTDIR)$(LIBDIR)
	ln -sfn $(notdir $(SO_REAL)) $(DESTDIR)$(LIBDIR)/$(notdir $(SO)).$(SOVERSION)
	ln -sfn $(notdir $(SO)).$(SOVERSION) $(DESTDIR)$(LIBDIR)/$(notdir $(SO))
	$(INSTALL) -m 644 $(ARCHIVE) $(DESTDIR)$(LIBDIR)
	$(INSTALL) -m 644 include/http_responder.h include/http_responder.hpp $(DESTDIR)$(INCLUDEDIR)
	sed 's|^get_filename_component(_http_responder_includedir .*|set(_http_responder_includedir "$(INCLUDEDIR)")|' \
	    cmake/http_responder-config.cmake >$(DESTDIR)$(CMAKEDIR)/http_responder-config.cmake
	sed 's|@VERSION@|$(VERSION)|' cmake/http_responder-config-version.cmake \
	    >$(DESTDIR)$(CMAKEDIR)/http_responder-config-version.cmake
	chmod 644 $(DESTDIR)$(CMAKEDIR)/*.cmake
	sed -e 's|^prefix=.*|prefix=$(PREFIX)|' -e 's|^libdir=.*|libdir=$(LIBDIR)|' \
	    -e 's|^includedir=.*|includedir=$(INCLUDEDIR)|' $(PC) \
	    >$(DESTDIR)$(LIBDIR)/pkgconfig/http_responder.pc
	chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/http_responder.pc
	for section in 3 5 8; do \
	    $(INSTALL) -d $(DESTDIR)$(MANDIR)/man$$section && \
	    $(INSTALL) -m 644 deploy/man/*.$$section $(DESTDIR)$(MANDIR)/man$$section || exit; \
	done
	ln -sfn http_responder_mt.8 $(DESTDIR)$(MANDIR)/man8/http_responder.8
	$(INSTALL) -d $(DESTDIR)$(BASHDIR) $(DESTDIR)$(ZSHDIR) $(DESTDIR)$(FISHDIR)
	$(INSTALL) -m 644 deploy/completions/http_responder_mt.bash $(DESTDIR)$(BASHDIR)/http_responder_mt
	ln -sfn http_responder_mt $(DESTDIR)$(BASHDIR)/http_responder
	$(INSTALL) -m 644 deploy/completions/_http_responder_mt $(DESTDIR)$(ZSHDIR)
	$(INSTALL) -m 644 deploy/completions/http_responder_mt.fish $(DESTDIR)$(FISHDIR)
	ln -sfn http_responder_mt.fish $(DESTDIR)$(FISHDIR)/http_responder.fish
	@if [ -z "$(DESTDIR)" ] && [ "$$(id -u)" = 0 ]; then \
	    echo $(LDCONFIG); $(LDCONFIG); \
	else \
	    echo "install: run ldconfig as root where $(LIBDIR) is the final place"; \
	fi

# ---- packages ----

# Sources as they are committed or about to be, without what git ignores.
DEB := $(BUILD)/deb
.PHONY: deb
deb: ## Builds the Debian packages into build/deb (apt: debhelper)
	@deploy/build/deb.sh $(abspath $(DEB)) $(VERSION)

.PHONY: test-deb
test-deb: deb ## Installs, runs, upgrades, removes them in a system of its own (root; apt: debootstrap, lintian)
	@tests/packages/completions.sh
	@tests/packages/deb.sh $(abspath $(DEB))

STATIC := $(BUILD)/static
.PHONY: static
static: $(VENV)/ready ## Programs that need nothing but a kernel, into build/static (apt: rustc-web cargo-web rust-web-src)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check 'ziglang>=0.15' 'libclang>=18'
	@rm -rf $(STATIC)
	@FEATURES="$(FEATURES)" deploy/build/static.sh $(abspath $(STATIC)) $(VENV) $(ARCHITECTURES)

.PHONY: test-static
test-static: static ## Each of them alone in an empty root (root; apt: qemu-user-static)
	@tests/packages/static.sh $(STATIC)

.PHONY: image
image: ## The container of build/static, built by buildah and run (make static first; root; apt: buildah)
	@tests/packages/image.sh $(abspath $(BUILD))/image

DIST := $(BUILD)/dist
.PHONY: crate sdist sbom
crate: ## The engine as a crate, verified, into build/dist
	@deploy/build/dist.sh crate $(DIST)
sdist: $(VENV)/ready ## The Python module's sources into build/dist, built from there in a fresh venv
	@deploy/build/dist.sh sdist $(DIST) $(VENV)
	@tests/packages/sdist.sh $(DIST)
sbom: ## What is in it, as CycloneDX, into build/dist (cargo install cargo-cyclonedx)
	@deploy/build/dist.sh sbom $(DIST)

.PHONY: reproducible
reproducible: ## Builds twice in two folders: the same octets
	@tests/packages/reproducible.sh $(abspath $(BUILD))/reproducible

.PHONY: deny
deny: ## Licences, double versions and sources of crates (cargo install cargo-deny)
	@$(CARGO) deny --version >/dev/null 2>&1 || { echo "deny: cargo-deny is missing (cargo install --locked cargo-deny)"; exit 1; }
	$(CARGO) deny --locked --offline check licenses bans sources

.PHONY: minimal
minimal: ## The lowest Rust and the oldest direct dependencies that Cargo.toml states, where rustup has them
	@tests/packages/minimal.sh $(abspath $(TARGET))

.PHONY: test-deploy
test-deploy: build $(VENV)/deploy ## Chart, manifests, alerts, dashboard, Dockerfile: by those that read them (apt: prometheus)
	@command -v promtool >/dev/null || [ "$$(id -u)" != 0 ] || apt-get install -qq -y --no-install-recommends prometheus >/dev/null
	$(PYTEST) tests/deploy

.PHONY: scale-out
scale-out: build $(VENV)/ready ## Responders behind HAProxy, in network namespaces: killed, rolled, added under load (root; apt: haproxy)
	@command -v haproxy >/dev/null || [ "$$(id -u)" != 0 ] || apt-get install -qq -y --no-install-recommends haproxy >/dev/null
	$(PYTEST) -s tests/scale_out

$(VENV)/deploy: $(VENV)/ready tests/deploy/requirements.txt
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/deploy/requirements.txt
	@touch $@

.PHONY: clean
clean: ## Removes everything that was built
	rm -rf $(BUILD)
	$(CARGO) clean
