# What people type. Each target is one script or one tool; scripts/ holds what takes more than a line.

.PHONY: build run test check test-long bench format clean

build:  ## build/release/adbacus
	scripts/setup.sh
	cmake --preset release >/dev/null
	cmake --build build/release --target adbacus

run: build  ## serve on 127.0.0.1:8080 from ./data
	build/release/adbacus serve --data data --demo

test:  ## everything a change must pass; STAGES="release tidy" picks some
	scripts/test.sh $(STAGES)

check:  ## quick loop: changed modules, their unit tests, tidy
	scripts/check.sh

test-long:  ## more seeds, more rounds; not needed for every change
	ADBACUS_LONG=1 scripts/test.sh setup release_all fuzz tsan

bench:  ## the table of docs/performance.md; ROWS="P1 P4", QUICK=1, or MICRO=<name or all>
	@scripts/bench.sh $(if $(MICRO),--micro $(MICRO),$(if $(ROWS),--rows "$(ROWS)") \
	  $(if $(QUICK),--quick) $(if $(P2),--p2 $(P2)) $(if $(P3),--p3 $(P3)) $(BENCH_FLAGS))

format:  ## clang-format every source file in place
	git ls-files '*.cpp' '*.hpp' | xargs -r clang-format -i

clean:
	rm -rf build
