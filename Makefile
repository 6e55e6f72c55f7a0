# callpipe: one Makefile for everything.
#
#   make            build all programs, each beside its sources
#   make demo       a whole simulated call (see README.md)
#   make check      all tests; SAN=address,undefined or SAN=thread for sanitizers
#   make help       the other targets
#
# A new .c file in a folder below is compiled and linked by being there; a new
# tests/unit/test_X.c is linked with the library of the folder that holds X.c.

ifeq ($(origin CC),default)
CC	:= gcc
endif
CFLAGS	?= -O2 -g
PREFIX	?= /usr/local
SAN	?=
V	?= 0

VERSION	:= 0.1.0

# Debian's packages; etc/deps.sh installs what is missing.
PKGS	= libevent libevent_pthreads libzmq libcurl json-c sqlite3 speexdsp sndfile libcrypto libconfig
ifeq ($(shell pkg-config --exists $(PKGS) 2>/dev/null && echo yes),yes)
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS))
PKG_LIBS   := $(shell pkg-config --libs $(PKGS))
endif

WARN	= -std=c11 -Wall -Wextra -Wshadow -Wstrict-prototypes -Wmissing-prototypes \
	  -Wpointer-arith -Wwrite-strings -Wvla -Wswitch-enum -Wformat=2 -Wundef
CPP	= -D_GNU_SOURCE -DCALLPIPE_VERSION='"$(VERSION)"' -I. $(PKG_CFLAGS)
HARDEN	= -fstack-protector-strong -fPIE -D_FORTIFY_SOURCE=2
LDHARD	= -pie -Wl,-z,relro,-z,now -Wl,--as-needed

ifneq ($(SAN),)
comma	:= ,
VARIANT	:= san-$(subst $(comma),-,$(SAN))
HARDEN	:= -fPIE
SANFLAGS := -fsanitize=$(SAN) -fno-omit-frame-pointer -fno-sanitize-recover=undefined
else
VARIANT	:= default
SANFLAGS :=
endif
ifneq ($(WERROR),)
WARN	+= -Werror
endif

ifneq ($(CC),gcc)
VARIANT	:= $(VARIANT)-$(subst /,-,$(CC))
endif
ifneq ($(LIBFUZZER),)
VARIANT	:= fuzz
endif

# Objects and libraries live here; the default build's programs beside their sources.
B	:= .build/$(VARIANT)
ifeq ($(VARIANT),default)
BIN	:= .
else
BIN	:= $(B)
endif
export BIN

# No fused multiply-add: the voice activity detector decides alike on every machine.
ALL_CFLAGS = $(WARN) $(CPP) $(HARDEN) $(SANFLAGS) $(CFLAGS) -ffp-contract=off
LINK	= $(CC) $(SANFLAGS) $(CFLAGS) $(LDHARD) $(LDFLAGS)
Q	:= $(if $(filter 1,$(V)),,@)

DAEMONS	:= webhookd sockd vadd brokerd
ENGINES	:= $(notdir $(basename $(wildcard brokerd/engines/engine_*.c)))

# Folders with a library: all their .c files but the mains.
LIBDIRS	:= common $(DAEMONS) brokerd/engines tools/callsim tools
MAINS	:= $(DAEMONS:%=%/main.c) $(ENGINES:%=brokerd/engines/%.c) tools/callsim/main.c tools/callctl.c tools/calltap.c

objs	= $(patsubst %.c,$(B)/%.o,$(filter-out $(MAINS),$(wildcard $(1)/*.c)))
lib	= $(B)/lib/$(subst /,-,$(1)).a

PROGS	:= $(foreach d,$(DAEMONS),$(if $(wildcard $(d)/main.c),$(BIN)/$(d)/$(d))) \
	   $(if $(wildcard tools/callsim/main.c),$(BIN)/tools/callsim/callsim) \
	   $(foreach t,callctl calltap,$(if $(wildcard tools/$(t).c),$(BIN)/tools/$(t))) \
	   $(ENGINES:%=$(BIN)/brokerd/engines/%)

# Libraries that only one folder may use (style.md 1: a foreign library in one file of a daemon).
LIBS_sockd	= -lwebsockets -lev
LIBS_tools-callsim = -lwslay -lflite_cmu_us_slt -lflite_cmu_us_kal16 -lflite_usenglish -lflite_cmulex -lflite -lm
LIBS_brokerd-engines = -lpocketsphinx -lsphinxbase -lflite_cmu_us_slt -lflite_usenglish -lflite_cmulex -lflite -lm

.PHONY: all
all: $(PROGS)

# demo and check set themselves up: a make of our own starts after the packages are there.
.PHONY: deps demo check
deps:
	@etc/deps.sh

demo: deps
	@$(MAKE) --no-print-directory all
	@SAY="$(SAY)" KILL="$(KILL)" tools/demo.sh

# RUN_TESTS= leaves out the tests with real daemons.
RUN_TESTS ?= $(wildcard tests/run/*.sh)
check: deps
	@$(MAKE) --no-print-directory all unit fuzz-seeds $(PROVIDER) $(HOOKLOAD)
	@BIN=$(BIN) tests/check.sh $(B)/results $(sort $(UNIT_PROGS) $(FUZZ_SEEDS)) $(if $(RUN_TESTS),-- $(sort $(filter-out %/lib.sh %-lib.sh,$(RUN_TESTS))))

# The API's document is part of the program.
$(B)/webhookd/api_look.o: webhookd/openapi.json

.SECONDARY:
.SUFFIXES:

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define LIB_RULE
$(call lib,$(1)): $(call objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@ $$@.new
	$(Q)ar rcs $$@.new $$^ && mv $$@.new $$@
endef
$(foreach d,$(LIBDIRS),$(eval $(call LIB_RULE,$(d))))

COMMON_LIB := $(call lib,common)

# $(1) program, $(2) object of its main, $(3) its folder
define PROG_RULE
$(1): $(2) $(call lib,$(3)) $(COMMON_LIB)
	@mkdir -p $$(@D)
	@echo "LD $$@"
	$(Q)$$(LINK) -o $$@ $(2) $(call lib,$(3)) $(COMMON_LIB) $$(LIBS_$(subst /,-,$(3))) $$(PKG_LIBS) -lpthread -lm
endef
$(foreach d,$(DAEMONS),$(eval $(call PROG_RULE,$(BIN)/$(d)/$(d),$(B)/$(d)/main.o,$(d))))
$(foreach e,$(ENGINES),$(eval $(call PROG_RULE,$(BIN)/brokerd/engines/$(e),$(B)/brokerd/engines/$(e).o,brokerd/engines)))
$(eval $(call PROG_RULE,$(BIN)/tools/callsim/callsim,$(B)/tools/callsim/main.o,tools/callsim))
$(foreach t,callctl calltap,$(eval $(call PROG_RULE,$(BIN)/tools/$(t),$(B)/tools/$(t).o,tools)))

# Unit tests: tests/unit/test_X.c goes with the folder that holds X.c
# (OWNER_test_X names it where the names differ).
UNIT	:= $(notdir $(basename $(wildcard tests/unit/test_*.c)))
OWNER_test_robust = vadd
owner	= $(or $(OWNER_$(1)),$(firstword $(patsubst %/,%,$(dir $(wildcard $(foreach d,$(LIBDIRS),$(d)/$(1:test_%=%).c))))),common)
define UNIT_RULE
$(B)/tests/unit/$(1): $(B)/tests/unit/$(1).o $(call lib,$(call owner,$(1))) $(COMMON_LIB)
	@mkdir -p $$(@D)
	@echo "LD $$@"
	$(Q)$$(LINK) -o $$@ $$< $(call lib,$(call owner,$(1))) $(COMMON_LIB) $$(LIBS_$(subst /,-,$(call owner,$(1)))) -lcheck_pic -lsubunit -lrt $$(PKG_LIBS) -lpthread -lm
endef
$(foreach t,$(UNIT),$(eval $(call UNIT_RULE,$(t))))
UNIT_PROGS := $(UNIT:%=$(B)/tests/unit/%)

.PHONY: unit
unit: $(UNIT_PROGS)

# One unit test by name: make unit-segment
unit-%: $(B)/tests/unit/test_%
	$<

# ---- programs for the figures, and the strict provider of the engine tests ----
BENCH	:= $(B)/tests/bench/engine_instant
$(BENCH): $(B)/tests/bench/engine_instant.o $(call lib,brokerd/engines) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

HOOKLOAD := $(B)/tests/bench/hookload
$(HOOKLOAD): $(B)/tests/bench/hookload.o $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

ECHOBENCH := $(B)/tests/bench/echobench
$(ECHOBENCH): $(B)/tests/bench/echobench.o $(call lib,vadd) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

VADDLOAD := $(B)/tests/bench/vaddload
$(VADDLOAD): $(B)/tests/bench/vaddload.o $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

SOAK	:= $(B)/tests/bench/soak
$(SOAK): $(B)/tests/bench/soak.o $(call lib,vadd) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

PROVIDER := $(if $(wildcard tests/provider/*.c),$(B)/tests/provider/provider)
$(PROVIDER): $(patsubst %.c,$(B)/%.o,$(wildcard tests/provider/*.c)) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(PKG_LIBS) -lpthread -lm

# vadd/train: its data, and the ruler. Absolute, as vadd/train/Makefile names it.
VADDATA := $(CURDIR)/.build/vad
define VADTOOL_RULE
$(VADDATA)/$(1): $(B)/vadd/train/$(1).o $(call lib,vadd) $(COMMON_LIB)
	@mkdir -p $$(@D)
	@echo "LD $$@"
	$(Q)$$(LINK) -o $$@ $$^ $$(PKG_LIBS) -lpthread -lm
endef
$(B)/vadd/train/learn.o: CFLAGS += -O3 -march=native
$(foreach t,topcm dump trial learn,$(eval $(call VADTOOL_RULE,$(t))))

# WebRTC's detector is compared with where Debian's package of it is installed.
WEBRTC	:= $(shell pkg-config --exists webrtc-audio-processing 2>/dev/null && command -v g++ >/dev/null && echo yes)
ifeq ($(WEBRTC),yes)
WEBRTC_LIBS := $(shell pkg-config --libs webrtc-audio-processing) -lstdc++
$(B)/vadd/train/detectors.o: CPP += -DWITH_WEBRTC
$(B)/vadd/train/webrtc.o: vadd/train/webrtc.cc
	@mkdir -p $(@D)
	@echo "CXX $<"
	$(Q)g++ -O2 -g $(shell pkg-config --cflags webrtc-audio-processing) -c -o $@ $<
endif
VADBENCH := $(B)/vadd/train/bench
$(VADBENCH): $(patsubst %,$(B)/vadd/train/%.o,bench score detectors untrained $(if $(WEBRTC_LIBS),webrtc)) $(call lib,vadd) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(WEBRTC_LIBS) $(PKG_LIBS) -lpthread -lm

# What the offline recogniser hears, with and without the noise suppressor.
HEARING	:= $(B)/vadd/train/hearing
$(HEARING): $(B)/vadd/train/hearing.o $(call lib,brokerd/engines) $(call lib,vadd) $(COMMON_LIB)
	@echo "LD $@"
	$(Q)$(LINK) -o $@ $^ $(LIBS_brokerd-engines) $(PKG_LIBS) -lpthread -lm

# ---- fuzzing: tests/fuzz/fuzz_X.c has LLVMFuzzerTestOneInput ----
# fuzz-seeds: the committed inputs, replayed by make check with any compiler.
# fuzz: libFuzzer (clang), FUZZ_SECONDS for each target; what it found is in .build/crashes.
FUZZ	:= $(notdir $(basename $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 60
FUZZ_SEEDS := $(FUZZ:%=$(B)/tests/fuzz/%.seeds)
fuzz_owner = $(call owner,$(1:fuzz_%=test_%))

define FUZZ_RULE
$(B)/tests/fuzz/$(1): $(B)/tests/fuzz/$(1).o $(B)/tests/fuzz/replay.o $(call lib,$(call fuzz_owner,$(1))) $(COMMON_LIB)
	@echo "LD $$@"
	$(Q)$$(LINK) -o $$@ $(B)/tests/fuzz/$(1).o $(B)/tests/fuzz/replay.o $(call lib,$(call fuzz_owner,$(1))) $(COMMON_LIB) $$(LIBS_$(subst /,-,$(call fuzz_owner,$(1)))) $$(PKG_LIBS) -lpthread -lm
$(B)/tests/fuzz/$(1).seeds: $(B)/tests/fuzz/$(1)
	@printf '#!/bin/sh\nexec %s tests/fuzz/corpus/%s\n' $$< $(1:fuzz_%=%) > $$@ && chmod +x $$@
.PHONY: fuzz-run-$(1)
fuzz-run-$(1):
	@$(MAKE) --no-print-directory CC=clang CFLAGS="-O1 -g -fsanitize=fuzzer-no-link" SAN=address,undefined LIBFUZZER=1 .build/fuzz/tests/fuzz/$(1).fuzzer
	@mkdir -p .build/corpus/$(1) .build/crashes
	.build/fuzz/tests/fuzz/$(1).fuzzer -max_total_time=$(FUZZ_SECONDS) -timeout=10 -artifact_prefix=.build/crashes/$(1:fuzz_%=%)- .build/corpus/$(1) tests/fuzz/corpus/$(1:fuzz_%=%)
$(B)/tests/fuzz/$(1).fuzzer: $(B)/tests/fuzz/$(1).o $(call lib,$(call fuzz_owner,$(1))) $(COMMON_LIB)
	$(Q)$$(LINK) -fsanitize=fuzzer -o $$@ $$< $(call lib,$(call fuzz_owner,$(1))) $(COMMON_LIB) $$(LIBS_$(subst /,-,$(call fuzz_owner,$(1)))) $$(PKG_LIBS) -lpthread -lm
endef
$(foreach f,$(FUZZ),$(eval $(call FUZZ_RULE,$(f))))

.PHONY: fuzz fuzz-seeds
fuzz: $(FUZZ:%=fuzz-run-%)
fuzz-seeds: $(FUZZ_SEEDS)

# ---- checks that run nothing ----
SOURCES	:= $(wildcard $(LIBDIRS:%=%/*.[ch]) tests/*/*.[ch] vadd/train/*.[ch])
SCRIPTS	:= $(wildcard etc/*.sh tests/*.sh tests/run/*.sh tests/bench/*.sh tools/*.sh vadd/train/*.sh) .ci/run
.PHONY: lint lint-man lint-sh lint-c
# cppcheck does not read system headers, but must know these macros.
QUEUE_H	 = /usr/include/$(shell $(CC) -print-multiarch)/sys/queue.h
lint: lint-man lint-sh lint-c
lint-man:
	@mandoc -T lint -W warning $(wildcard man/*.[1-8])
lint-sh:
	@shellcheck -x -S warning -P SCRIPTDIR $(SCRIPTS)
lint-c:
	@cppcheck --quiet --enable=warning,portability --inline-suppr --error-exitcode=1 --suppressions-list=tests/cppcheck.txt \
	    -D__linux__ -D_GNU_SOURCE -I. --library=posix --include=$(QUEUE_H) -j 2 $(filter %.c,$(SOURCES))

.PHONY: tidy
tidy:
	clang-tidy --quiet --checks='-*,bugprone-*,-bugprone-easily-swappable-parameters,-bugprone-narrowing-conversions,-bugprone-reserved-identifier,-bugprone-assignment-in-if-condition' $(filter %.c,$(SOURCES)) -- $(ALL_CFLAGS)

.PHONY: format
format:
	clang-format -i $(SOURCES)

# ---- figures ----
.PHONY: bench
bench: deps
	@$(MAKE) --no-print-directory all $(BENCH) $(HOOKLOAD)
	@ENGINE=$(BENCH) tests/bench/bench.sh
	@tests/bench/hooks.sh

.PHONY: bench-echo
bench-echo: $(ECHOBENCH) $(VADDATA)/topcm
	@tests/bench/echo.sh $(ECHOBENCH) $(VADDATA) $(CURDIR)/.build/echo

# A thousand calls in one vadd.
.PHONY: bench-vadd
bench-vadd: deps
	@$(MAKE) --no-print-directory all $(VADDLOAD)
	@LOAD=$(VADDLOAD) tests/bench/vadd.sh

# Ten hours of each room tone, and sounds that begin and stay, without a stuck utterance.
HOURS	?= 10
.PHONY: soak
soak: $(SOAK)
	@$(SOAK) $(HOURS)

.PHONY: bench-vad
bench-vad: $(VADBENCH)
	@[ -f $(VADDATA)/test.list ] || $(MAKE) --no-print-directory -C vadd/train data
	@vadd/train/bench.sh $(VADBENCH) $(VADDATA)

# The offline recogniser on sentences in noise, with the suppressor and without; HALF=tune: the other voices and noises.
HALF	?= test
.PHONY: bench-suppress
bench-suppress: $(HEARING)
	@$(MAKE) --no-print-directory -C vadd/train hearing HALF=$(HALF)
	@vadd/train/hearing.sh $(HEARING) $(VADDATA)/hearing-$(HALF) $(SUPPRESS_DB)

# ---- installation ----
DESTDIR	?=
LIBEXEC	 = $(PREFIX)/libexec/callpipe
.PHONY: install
install: all
	install -d $(DESTDIR)$(LIBEXEC)/engines $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/callpipe $(DESTDIR)$(PREFIX)/share/doc/callpipe
	install -m 755 $(foreach d,$(DAEMONS),$(BIN)/$(d)/$(d)) $(DESTDIR)$(LIBEXEC)/
	install -m 755 $(ENGINES:%=$(BIN)/brokerd/engines/%) $(DESTDIR)$(LIBEXEC)/engines/
	install -m 755 $(BIN)/tools/callctl $(BIN)/tools/calltap $(BIN)/tools/callsim/callsim $(DESTDIR)$(PREFIX)/bin/
	cd etc && find flows audio systemd runit nginx engines callpipe.conf -type f 2>/dev/null | while read -r f; do install -D -m $$(test -x "$$f" && echo 755 || echo 644) "$$f" "$(DESTDIR)$(PREFIX)/share/callpipe/$$f"; sed -i "s|/usr/local/|$(PREFIX)/|g" "$(DESTDIR)$(PREFIX)/share/callpipe/$$f"; done
	cd brokerd/engines && find data -type f 2>/dev/null | while read -r f; do install -D -m 644 "$$f" "$(DESTDIR)$(LIBEXEC)/engines/$$f"; done
	for m in man/*.[1-8]; do install -D -m 644 $$m $(DESTDIR)$(PREFIX)/share/man/man$${m##*.}/$${m##*/}; done
	install -m 644 README.md CHANGES.md LICENSE $(DESTDIR)$(PREFIX)/share/doc/callpipe/

.PHONY: clean help
clean:
	rm -rf .build demo demo.wav $(foreach d,$(DAEMONS),$(d)/$(d)) $(ENGINES:%=brokerd/engines/%) tools/callsim/callsim tools/callctl tools/calltap

help:
	@echo "make            build everything"
	@echo "make demo       a simulated call with real speech; SAY=my.wav: your own voice; KILL=1: with daemons killed"
	@echo "make check      all tests; SAN=address,undefined or SAN=thread; RUN_TESTS= leaves out the daemons"
	@echo "make unit-X     one unit test, tests/unit/test_X.c"
	@echo "make lint       manual pages, scripts, cppcheck; make tidy: clang-tidy"
	@echo "make fuzz       libFuzzer on every target, FUZZ_SECONDS each"
	@echo "make bench-echo the bot's own echo against real interruptions"
	@echo "make bench-vad  the voice activity detector on labelled speech and noise (vadd/train/README.md)"
	@echo "make bench-vadd a thousand calls in one vadd: CPU, memory, time from a frame to what it decides"
	@echo "make bench-suppress  the recogniser in noise with the suppressor and without; SUPPRESS_DB=\"9 15\""
	@echo "make soak       HOURS=10 of room tones and standing sounds through the detector: nothing may be stuck"
	@echo "make bench      the figures: calls, latency, CPU, memory, webhooks through restarts"
	@echo "make install    DESTDIR= PREFIX=/usr/local"
	@echo "make format     clang-format"

-include $(shell find .build/$(VARIANT) -name '*.d' 2>/dev/null)
