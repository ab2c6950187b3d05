# make run, make test: both set themselves up. See README.md.
SOURCE ?= file:$(shell .venv/bin/emotion-perception models path demo_clip 2>/dev/null)
OUT ?= out/demo
PYTEST ?=
MINUTES ?= 30

.PHONY: help setup setup-extras run test check soak docs-pictures lock clean

help:
	@echo "make run                  play the demo clip through the real ROS 2 graph (SOURCE=usb:0, SOURCE=video.mp4, ...)"
	@echo "make test                 ruff, mypy and all tests (PYTEST='-k camera' for some)"
	@echo "make soak MINUTES=30      the graph on a stream that is spoilt at random; a report in out/soak"
	@echo "make docs-pictures        render the README's pictures again, from the demo clip (needs chromium)"
	@echo "make setup                only set up: .venv, package, weights, clip"
	@echo "make setup-extras         set up for training and for the engines vosk, whisper and piper too"
	@echo "make lock                 renew requirements.lock and requirements-extras.lock"
	@echo "make clean                remove what was built and installed here"

setup:
	@scripts/setup

setup-extras:
	@scripts/setup extras

run: setup
	@.venv/bin/emotion-perception run --params-file config/demo.yaml --source "$(SOURCE)" --out "$(OUT)"

check: setup
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy emotion_perception

test: check
	.venv/bin/python -m pytest -n 2 --dist worksteal -m "not alone" $(PYTEST) || [ $$? = 5 ]  # 5: PYTEST chose none of these
	.venv/bin/python -m pytest -m alone $(PYTEST) || [ $$? = 5 ]

soak: setup
	@.venv/bin/python test/soak --minutes $(MINUTES)

docs-pictures: setup
	@.venv/bin/python test/system/view/pictures.py

LOCK = --generate-hashes --upgrade --no-header --no-annotate --quiet --python-version 3.11 \
  --python-platform x86_64-manylinux_2_35

lock: setup
	.venv/bin/python -c "import tomllib; print(*tomllib.load(open('pyproject.toml', 'rb'))['build-system']['requires'], sep='\n')" \
	  | uv pip compile pyproject.toml - --extra dev --extra speech $(LOCK) --output-file requirements.lock
	uv pip compile pyproject.toml --extra train --extra vosk --extra whisper --extra piper \
	  --constraint requirements.lock $(LOCK) --output-file requirements-extras.lock

clean:
	rm -rf .venv build dist install log out *.egg-info
