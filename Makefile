PYTHON ?= python3
PHOTO  ?= clients/samples/bottle.jpg
PROMPT ?= on a marble table, soft morning light
MODEL  ?= vit_l
# A Stable Diffusion server: its address, or "double" for a test double that speaks the API of KIND.
SD     ?=
KIND   ?= a1111
# A ComfyUI server: its address, or "double" for a test double of the newest version.
COMFYUI ?=
# A diffusion model, a folder or file, for both stages or for one. Also from the environment, or else
# from a line of .env.
MODELS = CYCLORAMA_DIFFUSERS_MODEL CYCLORAMA_BACKGROUND_DIFFUSERS_MODEL CYCLORAMA_INPAINTING_DIFFUSERS_MODEL
read_file = $(shell sed -n "s/^$(1) *= *//p" .env 2>/dev/null | tail -n 1 | tr -d "\"'")
$(foreach name,$(MODELS),$(if $(filter undefined,$(origin $(name))),$(eval $(name) := $$(call read_file,$(name)))))
SET_MODELS := $(strip $(foreach name,$(MODELS),$(if $($(name)),$(name))))
# --quick makes `make bench` and `make chaos` check that every benchmark runs; nothing is recorded.
QUICK  ?=
# Names of benchmarks, such as "sam pipeline"; without any all of them run.
ONLY   ?=
# The folder of `make certs`; with it `make up` uses TLS for callers and between services.
TLS    ?=

STAGES   = segmentation background compositing inpainting
# What services need that run here.
LOCAL    = .venv/$(if $(SET_MODELS),diffusers,local)
# Set where services send traces.
OTLP     = $(or $(CYCLORAMA_OTLP_ENDPOINT),$(call read_file,CYCLORAMA_OTLP_ENDPOINT))
PROTOS   = $(wildcard protos/cyclorama/v1/*.proto)
# Two workers run test modules next to the services that these start.
PYTEST   = pytest --numprocesses 2

export PATH := $(CURDIR)/.venv/bin:$(PATH)
# Compiled modules are kept even where the environment forbids it, as in many containers: otherwise
# each of the processes that tests start compiles the project again.
unexport PYTHONDONTWRITEBYTECODE
# Waiting threads sleep instead of spinning on the cores that other stages need.
export OMP_WAIT_POLICY ?= PASSIVE
# Large messages reuse freed memory instead of mapping new pages: a third less CPU time at 16 MiB.
# Not for tests, which decode images of all sizes in one process: its memory would only grow.
demo up load bench chaos: export GLIBC_TUNABLES ?= glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=1073741824:glibc.malloc.top_pad=67108864

# The folder of `make certs`; with it `make up` signs ads with its trial certificate.
CREDENTIALS ?=

# Options of tools.lock; --upgrade takes the newest releases.
LOCK     ?=
# Options of pip-audit; "-s osv" reads the advisories of OSV instead of the package index.
AUDIT    ?=

# `make load`: the service, its load and the duration. TARGET is the address of a running service;
# without it one is started with ENGINE. LOAD is passed on.
STAGE    ?= segmentation
USERS    ?= 20
RATE     ?= 10
DURATION ?= 60s
TARGET   ?=
ENGINE   ?=
LOAD     ?=

# `make images`: where the images are published, such as registry.example.com/team, their tag, by
# default the version, and whether they are pushed. BASE_IMAGE= is another base, as by its digest.
REGISTRY ?=
TAG      ?=
PUSH     ?=
COMPOSE  ?= docker compose

.DEFAULT_GOAL := help

.PHONY: help demo up load models places certs images test test-slow lint fuzz bench bench-report chaos protos reference docs lock audit samples scenes gallery hero strip swatches truth clean

help: ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

$(foreach name,$(SET_MODELS),$(eval demo up: export $(name) := $$($(name))))
ifeq ($(SET_MODELS),CYCLORAMA_DIFFUSERS_MODEL)
# One process serves both stages, which share the weights.
STAGES := $(filter-out inpainting,$(STAGES))
up: export CYCLORAMA_BACKGROUND_SERVE_INPAINTING = true
# Those of `make certs` would have no effect.
up: export CYCLORAMA_INPAINTING_TLS_CERT =
up: export CYCLORAMA_INPAINTING_TLS_KEY =
up: export CYCLORAMA_INPAINTING_TLS_CLIENT_CA =
up: export CYCLORAMA_GATEWAY_INPAINTING_ADDRESS = $(or $(CYCLORAMA_GATEWAY_BACKGROUND_ADDRESS),$(call read_file,CYCLORAMA_GATEWAY_BACKGROUND_ADDRESS),127.0.0.1:50052)
endif

# Their text as typed: a dollar sign or a quote means nothing to make and the shell.
demo: export DEMO_PHOTO := $(value PHOTO)
demo: export DEMO_PROMPT := $(value PROMPT)
demo: demo-photo $(LOCAL) ## Make one ad: PHOTO= and PROMPT= are yours, the ad is out/ad.png.
	@exec cyclorama run -o out/ad.png -- "$$DEMO_PHOTO" "$$DEMO_PROMPT"

# Before the installation, which takes longer than the correction of a name.
.PHONY: demo-photo
demo-photo:
	@test ! -d "$$DEMO_PHOTO" || { echo "$$DEMO_PHOTO is a folder; PHOTO= is the path of a product photo." >&2; exit 2; }
	@test -f "$$DEMO_PHOTO" || { echo "There is no file $$DEMO_PHOTO; PHOTO= is the path of a product photo." >&2; exit 2; }

ifneq ($(SD),)
up: export CYCLORAMA_A1111_URL = $(SD:double=http://127.0.0.1:7860)
up: export KIND := $(KIND)
endif
ifneq ($(COMFYUI),)
up: export CYCLORAMA_COMFYUI_URL = $(COMFYUI:double=http://127.0.0.1:8188)
endif
up: $(LOCAL) $(if $(OTLP),.venv/otel) $(if $(filter double,$(COMFYUI)),.venv/doubles) $(if $(CREDENTIALS),.venv/c2pa) ## Run all services and the page; SD=, COMFYUI= are image servers, CYCLORAMA_DIFFUSERS_MODEL= a model, TLS= a folder of certificates, CREDENTIALS= one that signs.
	@python -m tools.environment_files $(TLS:%=%/up.env,)$(CREDENTIALS:%=%/credentials.env,).env,deploy/up.env python -m tools.up $(STAGES) gateway page $(filter double,$(SD)) $(patsubst double,comfyui-double,$(filter double,$(COMFYUI)))

load: .venv/load ## Load one service: STAGE=, USERS=, RATE=, DURATION=, TARGET=; reports go to out/load/.
	python -m benchmarks.load $(STAGE) --target '$(TARGET)' --engine '$(ENGINE)' -- --users $(USERS) --rate $(RATE) --duration $(DURATION) --out out/load/$(STAGE) $(LOAD)

models: .venv/local ## Fetch weights into models/: MODEL=vit_b, vit_l or vit_h, or u2netp.
	python -m services.segmentation.models $(MODEL)

places: .venv/local ## Fetch the panoramas of photographed places into models/places/.
	python -m services.background.places

certs: .venv/certs ## Create certificates for trying TLS and signing in certs/, or in TLS=; NAMES= are more host names.
	python -m tools.certs $(or $(TLS),certs) $(NAMES)

IMAGE_PREFIX = $(if $(REGISTRY),$(REGISTRY:%/=%)/)
images: export CYCLORAMA_REGISTRY = $(IMAGE_PREFIX)
images: export CYCLORAMA_TAG = $(TAG)
images: export REVISION = $(shell git rev-parse HEAD 2>/dev/null && git diff --quiet HEAD || echo with changes)
images: export SOURCE_DATE_EPOCH = $(shell git log -1 --format=%ct 2>/dev/null)
images: ## Build the images of all services: REGISTRY=, TAG=; PUSH=yes pushes them.
	$(COMPOSE) --profile finishing --profile cli build
	$(if $(PUSH),$(COMPOSE) --profile finishing --profile cli push)
	@docker image ls --format 'table {{.Repository}}:{{.Tag}}\t{{.Size}}' '$(IMAGE_PREFIX)cyclorama/*'

test: .venv/test ## Run the fast tests: all but those marked slow.
	$(PYTEST) -m 'not slow'

# Of the files with such tests only, as each worker imports all that it is given.
test-slow: .venv/test ## Run the slow tests: containers, browsers, databases, killed processes, full-size models.
	$(PYTEST) -m slow $$(grep --recursive --files-with-matches --include='*.py' pytest.mark.slow tests)

lint: .venv/test ## Check style, types and protos.
	ruff check
	ruff format --check
	mypy
	cd protos && buf lint

fuzz: .venv/test ## Send 100,000 random and malformed requests to the services.
	pytest tests/fuzz --hypothesis-profile=fuzz --timeout=0

bench: .venv/test ## Measure speed and quality into benchmarks/results/; ONLY="sam jobs" runs some, QUICK=--quick records nothing.
	python -m benchmarks.all $(QUICK) $(ONLY)

bench-report: .venv/docs ## Write the pages about benchmark results.
	python -m tools.reference reports

chaos: .venv/test ## Measure what fails while processes are killed, frozen and overloaded.
	python -m benchmarks.chaos $(QUICK)

protos: .venv/test ## Generate the Python code of the protos.
	python -m grpc_tools.protoc -I protos --python_out=clients --pyi_out=clients --grpc_python_out=clients $(PROTOS)

reference: .venv/docs ## Write the reference pages from code and protos.
	python -m tools.reference

docs: .venv/docs ## Build the documentation site in site/.
	zensical build --strict --clean

lock: .venv/test ## Update the pinned dependencies; LOCK=--upgrade takes the newest releases.
	python -m tools.lock $(LOCK)

# Fails where an advisory is known, and where the network gave no data.
audit: .venv/test ## Check the pinned dependencies for known vulnerabilities; needs the network.
	pip-audit --strict --disable-pip --require-hashes --requirement deploy/locks/all.txt $(AUDIT)

samples: ## Render the sample photos.
scenes: ## Render the pictures of scenes in docs/.
gallery: ## Make the 30 ads of the gallery in docs/.
hero: ## Join photos and ads of the gallery to the first picture of the README.
strip: ## Render the picture of the five stages in docs/.
swatches: ## Render the swatches of the page.
truth: ## Render the picture of ads next to the truth in docs/.
samples scenes gallery hero strip swatches truth: %: .venv/local
	python -m tools.pictures.$*

clean: ## Delete the virtual environment, out/ and site/.
	rm -rf .venv out site

# Every larger extra includes what the smaller ones need. Set-up fetches the default network
# and the panoramas too.
.venv/load .venv/docs .venv/doubles .venv/diffusers: INCLUDES = .venv/local
.venv/test: INCLUDES = .venv/c2pa .venv/certs .venv/local .venv/load .venv/docs .venv/doubles .venv/diffusers .venv/otel
# Images install the extra diffusers without the others.
.venv/diffusers: MORE = local,
# Certificates and traces need no engine.
.venv/c2pa .venv/certs .venv/otel: FETCH =
FETCH = --fetch
.venv/c2pa .venv/certs .venv/local .venv/load .venv/docs .venv/doubles .venv/diffusers .venv/otel .venv/test: .venv/%: pyproject.toml
	@$(PYTHON) -m tools.install $(MORE)$* $(FETCH)
	@touch $@ $(INCLUDES)
