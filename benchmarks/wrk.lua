-- wrk -s wrk.lua URL -- FILE: every request carries the next token of FILE, round and round.
-- One token a line. The requests are built before the clock starts.

local prepared, current = {}, 0

function init(args)
  for token in io.lines(args[1]) do
    prepared[#prepared + 1] = wrk.format("GET", nil, { Authorization = "Bearer " .. token })
  end
end

function request()
  current = current % #prepared + 1
  return prepared[current]
end

function done(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format(
    'FIGURES {"seconds": %.6f, "requests": %d, "p50_ms": %.4f, "p99_ms": %.4f, "max_ms": %.4f, "refused": %d, "broken": %d}\n',
    summary.duration / 1e6, summary.requests, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    latency.max / 1e3, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
