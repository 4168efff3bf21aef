"""compare.py CHECKOUT FOLDER [REPEATS]: hillock beside its peers on the same
work, one thread, interleaved, CPU time against CPU time; prints medians.

FOLDER has what docs/PERFORMANCE.md says to install: brian2/, nengo/ and sanafe/
(virtual environments) and ranc_sim (RANC's simulator); what is missing is left
out. Programs that are built once stay in FOLDER/work."""
import json
import os
import resource
import statistics
import struct
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT, FOLDER = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2])
REPEATS = int(sys.argv[3]) if len(sys.argv) > 3 else 10
WORK = os.path.join(FOLDER, "work")
HILLOCK = os.path.join(WORK, "hillock")
# Ticks of the long and the short run of a peer's program: the difference
# leaves loading out.
SPANS = dict(W1=(1200, 200), W2=(6400, 400), W3=(1200, 200), tn63=(220, 20))


def used(args, **more):
    """CPU seconds, user and system, of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(args, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def ours(work, ticks, *flags):
    out = subprocess.run([HILLOCK, "bench", work, "--ticks", str(ticks), "--repeat", "1", "--json", *flags], check=True, capture_output=True)
    r = json.loads(out.stdout)["results"][0]
    return r["cpu_s"], r["spikes"]


def brian2_folder(work, ticks):
    folder = os.path.join(WORK, f"brian2-{work}-{ticks}")
    if not os.path.exists(os.path.join(folder, "spikes.txt")):
        print(f"building {folder}", file=sys.stderr)
        subprocess.run([os.path.join(FOLDER, "brian2/bin/python"), os.path.join(HERE, "brian2_build.py"), work, str(ticks), folder],
                       check=True, stdout=subprocess.DEVNULL)
    return folder


def brian2(work, ticks):
    return used(["./main"], cwd=brian2_folder(work, ticks))


def brian2_spikes(work, ticks):
    folder = brian2_folder(work, ticks)
    with open(os.path.join(folder, "spikes.txt")) as f:
        path = os.path.join(folder, "results", os.path.basename(f.read().strip()))
    with open(path, "rb") as f:
        counts = f.read()
    return sum(struct.unpack(f"<{len(counts) // 4}i", counts))


def ranc(work, ticks):
    return used([os.path.join(FOLDER, "ranc_sim"), "-i", "tn63.json", "-o", "out.txt", "-c", "config.json", "--ticks", str(ticks), "-r", "1000000"], cwd=WORK)


def prepare():
    os.makedirs(WORK, exist_ok=True)
    subprocess.run(["go", "build", "-o", HILLOCK, "./cmd/hillock"], cwd=CHECKOUT, check=True)
    subprocess.run(["go", "test", "-count=1", "-run", "TestRANCFile", "./test/bench", "-ranc", os.path.join(WORK, "tn63.json")],
                   cwd=CHECKOUT, check=True, stdout=subprocess.DEVNULL)
    with open(os.path.join(WORK, "config.json"), "w") as f:
        json.dump(dict(num_neurons=256, num_axons=256, num_cores_x=8, num_cores_y=8, num_weights=4, max_tick_offset=16, neuron_reset_type=0,
                       neuron_block_trace_verbosity=0, core_controller_trace_verbosity=0, scheduler_trace_verbosity=0), f)


def compare(name, peer, work):
    """The two programs in turn; the peer's time is long minus short."""
    long, short = SPANS[work]
    n = long - short
    peer(work, long), peer(work, short)
    mine, theirs, ratio = [], [], []
    for _ in range(REPEATS):
        mine.append(ours(work, n)[0])
        theirs.append(peer(work, long) - peer(work, short))
        ratio.append(theirs[-1] / mine[-1])
    m, t = statistics.median(mine), statistics.median(theirs)
    print(f"{work:5} {name:12} {n / t:9.0f} ticks/s  hillock {n / m:9.0f} ticks/s  {t / m:6.2f}x (in pairs {min(ratio):.2f}..{max(ratio):.2f}), medians of {REPEATS}, CPU s {t:.3f} and {m:.3f}", flush=True)


def nengo(work, ticks=100):
    out = subprocess.run([os.path.join(FOLDER, "nengo/bin/python"), os.path.join(HERE, "nengo_run.py"), work, str(ticks)], check=True, capture_output=True)
    spikes, seconds = out.stdout.split()[-2:]
    mine, own = ours(work, ticks)
    print(f"{work:5} nengo-loihi  {ticks / float(seconds):9.0f} ticks/s  hillock {ticks / mine:9.0f} ticks/s  spikes {int(spikes)} and {own}", flush=True)


def sanafe(model, level, steps):
    mine, theirs = [], []
    for _ in range(min(REPEATS, 3)):  # each builds its network anew, in 3 GB
        out = subprocess.run([os.path.join(FOLDER, "sanafe/bin/python"), os.path.join(HERE, "sanafe_run.py"), str(steps), model], check=True, capture_output=True)
        fired, events, seconds = out.stdout.split()[-3:]
        theirs.append(float(seconds))
        cpu, own = ours("sanafe", 100, "--timing", level)
        mine.append(cpu)
    m, t = statistics.median(mine), statistics.median(theirs)
    t, m = steps / t, 100 / m
    print(f"sanafe SANA-FE {model:8} {t:7.1f} ticks/s  hillock {level:8} {m:9.0f} ticks/s  {m / t:6.1f}x, medians of {len(mine)}, spikes a tick {int(fired) // steps} and {own // 100}", flush=True)


def main():
    prepare()
    print("load average", *os.getloadavg())
    if os.path.exists(os.path.join(FOLDER, "brian2")):
        for w in ("W1", "W2", "W3"):
            compare("Brian2 C++", brian2, w)
            long = SPANS[w][0]
            brian2(w, long)
            print(f"{w:5} spikes after {long} ticks: Brian2 {brian2_spikes(w, long)}, hillock {ours(w, long)[1]}", flush=True)
    if os.path.exists(os.path.join(FOLDER, "ranc_sim")):
        compare("RANC", ranc, "tn63")
    if os.path.exists(os.path.join(FOLDER, "nengo")):
        for w in ("W1", "W3"):
            nengo(w)
    if os.path.exists(os.path.join(FOLDER, "sanafe")):
        for model, level, steps in (("simple", "analytic", 100), ("detailed", "queued", 100), ("cycle", "mesh", 4)):
            sanafe(model, level, steps)
    print("load average", *os.getloadavg())


main()
