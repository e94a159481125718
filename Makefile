# vde: Virtual Data Environments for PostgreSQL
#
#   make && make install      build for, and install into, the PostgreSQL of $(PG_CONFIG)
#   make installcheck         regression and isolation tests against the running server
#   make prove_installcheck   TAP tests against the installed files (not as root)
#
# These need nothing but make and a Debian or Ubuntu machine; they install what is missing, work on a private throw-away
# server, and install nothing into your PostgreSQL:
#
#   make demo [KEEP=1]        the guided tour
#   make test [SUITE="..."]   the test suite, or parts of it: static build regress isolation tap pgtap migrations property
#                             faults stress fuzz ubsan tpch demo; by hand also: size
#             [TESTS="..."]   and of these only the tests of these names
#   make bench [N=1000]       time against the same DDL by hand; then what analysis and plans cost

EXTENSION = vde
EXTVERSION = 0.2.0

MODULE_big = vde
OBJS = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

# The install script is these files of sql/, in this order; the first says \echo Use "CREATE EXTENSION".
SQL_PARTS = schema catalog model environment plan deployment run diff state lineage check redirect

SQL_SCRIPT = sql/$(EXTENSION)--$(EXTVERSION).sql
DATA_built = $(SQL_SCRIPT)
# Updates, and the scripts of earlier versions, which never change: where updates start (.gitignore and scripts/lib.sh know them, too).
OLD_VERSIONS = 0.1.0
DATA = $(wildcard sql/$(EXTENSION)--*--*.sql) $(OLD_VERSIONS:%=sql/$(EXTENSION)--%.sql)
SCRIPTS = $(wildcard bin/vde)

REGRESS = $(sort $(patsubst test/sql/%.sql,%,$(wildcard test/sql/*.sql)))
ISOLATION = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
PROVE_TESTS = $(sort $(wildcard test/t/*.pl))

# Every test file gets a database of its own: see test/own-database.
REGRESS_OPTS = --inputdir=test --outputdir=build/regress --launcher='$(CURDIR)/test/own-database $(bindir)'
ISOLATION_OPTS = --inputdir=test --outputdir=build/isolation --launcher='$(CURDIR)/test/own-database $(bindir)'
REGRESS_PREP = build/regress build/isolation
EXTRA_CLEAN = build/regress build/isolation output_iso tmp_check

# Warnings are errors. A compiler newer than the ones that we test with may warn about more: make WERROR=
WERROR = -Werror
# The library compares its version with that of the database's extension.
PG_CPPFLAGS = -DVDE_VERSION='"$(EXTVERSION)"'
# The last three are for the server's own headers and macros.
PG_CFLAGS = -Wall -Wextra $(WERROR) -Wno-unused-parameter -Wno-sign-compare -Wno-missing-field-initializers
SHLIB_LINK = -lxxhash
# The library exports what the server looks up by name, and nothing else (the linker of macOS has other words for it).
SHLIB_LINK += $(if $(filter darwin,$(PORTNAME)),,-Wl,--version-script=src/vde.map)
# The server's flags and headers are made for the compiler that built it.
ifneq ($(findstring clang,$(CC)),)
PG_CFLAGS += -Wno-unknown-warning-option -Wno-ignored-optimization-argument -Wno-ignored-attributes -Wno-unused-command-line-argument
endif

# JIT bitcode of the extension needs clang and buys nothing: off, unless asked for with make with_llvm=yes
ifneq ($(origin with_llvm),command line)
override with_llvm = no
endif

PG_CONFIG ?= pg_config

# The targets that find or install PostgreSQL themselves must work before there is a pg_config.
SELF_CONTAINED = demo test bench tpch indent help
ifneq ($(MAKECMDGOALS),)
ifeq ($(filter-out $(SELF_CONTAINED),$(MAKECMDGOALS)),)
NO_POSTGRESQL_NEEDED = yes
endif
endif

ifndef NO_POSTGRESQL_NEEDED
PG_VERSION := $(shell $(PG_CONFIG) --version 2>/dev/null)
ifeq ($(PG_VERSION),)
$(error vde: "$(PG_CONFIG)" cannot be run. Install the server headers (on Debian: postgresql-server-dev-NN), or pass PG_CONFIG=/path/to/pg_config, or let "make demo" or "make test" install what is missing)
endif
PG_MAJOR := $(shell echo '$(PG_VERSION)' | sed 's/^[^0-9]*\([0-9]*\).*/\1/')
ifneq ($(shell test '$(PG_MAJOR)' -ge 15 2>/dev/null && echo ok),ok)
$(error vde: PostgreSQL 15 or newer is needed, and "$(PG_CONFIG)" is of $(PG_VERSION). Pass PG_CONFIG=/path/to/pg_config of a newer one)
endif
PGXS := $(shell $(PG_CONFIG) --pgxs)
ifeq ($(wildcard $(PGXS)),)
$(error vde: the server headers of $(PG_VERSION) are not installed: there is no $(PGXS). On Debian: apt-get install postgresql-server-dev-$(PG_MAJOR))
endif
include $(PGXS)

$(SQL_SCRIPT): $(SQL_PARTS:%=sql/%.sql) Makefile
	@echo "cat $(SQL_PARTS:%=sql/%.sql) > $@"
	@{ echo '/* $@: made from $(SQL_PARTS:%=%.sql) */'; \
	   for part in $(SQL_PARTS); do echo; cat sql/$$part.sql || exit 1; done; } > $@.tmp && mv $@.tmp $@

# Without dependency tracking in PGXS: a changed header rebuilds all.
$(OBJS): $(wildcard src/*.h) Makefile
$(shlib): src/vde.map

build/regress build/isolation:
	@mkdir -p $@

prove_installcheck:
	$(prove_installcheck)

# PGXS looks for a script to uninstall under its source directory's name.
uninstall: uninstall-scripts
uninstall-scripts:
	rm -f $(addprefix '$(DESTDIR)$(bindir)'/,$(notdir $(SCRIPTS)))
.PHONY: prove_installcheck uninstall-scripts
endif

# The scripts get what the command line gave (SUITE, TESTS, KEEP, SCALE, N, PG_CONFIG, ...) by the environment.
demo:
	@scripts/demo
test:
	@scripts/test
bench:
	@bench/run
	@bench/analysis
tpch:
	@SUITE=tpch scripts/test
indent:
	@scripts/indent
help:
	@sed -n '/^#/!q; s/^# \{0,1\}//p' Makefile
.PHONY: demo test bench tpch indent help
