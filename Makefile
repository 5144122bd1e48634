PYTHON ?= python3
PHOTO  ?= clients/samples/bottle.jpg
PROMPT ?= on a marble table, soft morning light
MODEL  ?= vit_l
# A Stable Diffusion server: its address, or "double" for a stand-in that speaks as KIND.
SD     ?=
KIND   ?= a1111
# --quick has `make bench` look whether all benchmarks run, in place of measuring.
QUICK  ?=
# The folder of `make certs`, for TLS between all services and to their callers.
TLS    ?=

STAGES   = segmentation background compositing inpainting
PROTOS   = $(wildcard protos/cyclorama/v1/*.proto)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Large messages reuse memory instead of mapping it anew: a third of the CPU time at 16 MiB.
export GLIBC_TUNABLES ?= glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864
# Waiting threads sleep instead of spinning on the cores that other stages need.
export OMP_WAIT_POLICY ?= PASSIVE

LOCK     ?=
AUDIT    ?=

# What `make load` loads, how much and for how long; TARGET is a running service, else one is started.
STAGE    ?= segmentation
USERS    ?= 20
RATE     ?= 10
DURATION ?= 60s
TARGET   ?=
ENGINE   ?=
LOAD     ?=

.PHONY: demo up models load bench bench-report chaos fuzz lock audit test lint protos samples scenes gallery strip swatches reference docs certs clean

demo: .venv/local
	PHOTO='$(PHOTO)' PROMPT='$(PROMPT)' honcho -e deploy/demo.env -f deploy/Procfile start --no-prefix $(STAGES) gateway demo
	@echo 'The ad is out/ad.png, and what made it is told in out/ad.json.'

up: export CYCLORAMA_LOG_FORMAT ?= text
up: export CYCLORAMA_GRACE_SECONDS ?= 4
ifneq ($(SD),)
up: export CYCLORAMA_A1111_URL = $(SD:double=http://127.0.0.1:7860)
up: export KIND := $(KIND)
endif
up: .venv/local
	honcho -f deploy/Procfile start $(STAGES) gateway page $(filter double,$(SD)) $(TLS:%=-e .env,%/up.env)

certs: .venv/test
	python -m tools.certs $(or $(TLS),certs) $(NAMES)

models: .venv/local
	python -m services.segmentation.checkpoints $(MODEL)

load: .venv/load
	python -m benchmarks.load $(STAGE) --target '$(TARGET)' --engine '$(ENGINE)' -- --users $(USERS) --rate $(RATE) --duration $(DURATION) --out out/load/$(STAGE) $(LOAD)

bench: .venv/test
	python -m benchmarks.all $(QUICK)

bench-report: .venv/docs
	python -m tools.reference reports

chaos: .venv/test
	python -m benchmarks.chaos $(QUICK)

test: .venv/test
	pytest --numprocesses 2 --dist loadfile

fuzz: .venv/test
	pytest tests/fuzz --hypothesis-profile=fuzz --timeout=0

# LOCK=--upgrade takes the newest releases.
lock: .venv/test
	python -m tools.lock $(LOCK)

# Needs the network: advisories come from the package index, or with AUDIT="-s osv" from OSV. Fails
# where one is known, and where there was no data.
audit: .venv/test
	pip-audit --strict --disable-pip --require-hashes --requirement deploy/locks/all.txt $(AUDIT)

lint: .venv/test
	ruff check
	ruff format --check
	mypy
	cd protos && buf lint

protos: .venv/test
	python -m grpc_tools.protoc -I protos --python_out=clients --pyi_out=clients --grpc_python_out=clients $(PROTOS)

samples scenes gallery strip swatches: %: .venv/local
	python -m tools.pictures.$*

reference: .venv/docs
	python -m tools.reference

docs: .venv/docs
	zensical build --strict --clean

clean:
	rm -rf .venv out site

# Every larger extra includes what the smaller ones need.
.venv/load .venv/docs: INCLUDES = .venv/local
.venv/test: INCLUDES = .venv/local .venv/load .venv/docs
.venv/local .venv/load .venv/docs .venv/test: .venv/%: pyproject.toml
	@echo 'Installing into .venv, once; nothing outside this folder changes.'
	$(PYTHON) -m venv .venv
	python -m pip install --quiet --editable '.[$*]'
	touch $@ $(INCLUDES)
