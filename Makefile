# callpipe: one Makefile for everything.
#
#   make            build all programs, each beside its sources
#   make demo       a whole simulated call (see README.md)
#   make check      all tests; SAN=address,undefined or SAN=thread for sanitizers
#   make help       the other targets
#
# A new .c file in a folder below is compiled and linked by being there; a new
# tests/unit/test_X.c is linked with the library of the folder that holds X.c.

CC	?= cc
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

# Objects and libraries live here; the default build's programs beside their sources.
B	:= .build/$(VARIANT)
ifeq ($(VARIANT),default)
BIN	:= .
else
BIN	:= $(B)
endif
export BIN

ALL_CFLAGS = $(WARN) $(CPP) $(HARDEN) $(SANFLAGS) $(CFLAGS)
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

.SECONDARY:
.SUFFIXES:

$(B)/%.o: %.c
	@mkdir -p $(@D)
	@echo "CC $<"
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define LIB_RULE
$(call lib,$(1)): $(call objs,$(1))
	@mkdir -p $$(@D)
	@rm -f $$@
	$(Q)ar rcs $$@ $$^
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

-include $(shell find .build/$(VARIANT) -name '*.d' 2>/dev/null)
