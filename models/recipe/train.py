#!/usr/bin/env python3
"""Train the demo model (Whisper architecture, JAX on CPU) and export it to ggml.

    python train.py --minutes 140 --out run           # train, exporting as it goes
    python train.py --minutes 140 --out run --resume  # go on after a kill
    python train.py --export run/last.npz --bin x.bin # only export a checkpoint

The learning rate follows the clock (warm-up, then cosine to zero at --minutes), so
a run always ends annealed whatever the machine's speed; that makes the weights
depend on the machine, while data and initialisation are fixed by --seed.
Give --steps instead of --minutes for a schedule that is the same everywhere.
"""
import argparse, json, math, multiprocessing as mp, os, queue, signal, struct, subprocess, sys, time
ap = argparse.ArgumentParser()
ap.add_argument("--minutes", type=float, default=45)
ap.add_argument("--steps", type=int, default=0)
ap.add_argument("--out", default="run")
ap.add_argument("--bank", default="bank3")
ap.add_argument("--seed", type=int, default=1)
ap.add_argument("--lr", type=float, default=2e-3)
ap.add_argument("--workers", type=int, default=2)
ap.add_argument("--resume", action="store_true", help="go on from OUT/state.npz, if there is one")
ap.add_argument("--init")
ap.add_argument("--fresh-encoder", action="store_true", help="take only the decoder from --init")
ap.add_argument("--augment", type=float, default=1.0, help="strength of the augmentation at the end")
ap.add_argument("--phase0", type=float, default=0.0, help="start of the curriculum, 0..1")
ap.add_argument("--export")
ap.add_argument("--bin")
ap.add_argument("--export-every", type=float, default=10, help="minutes")
ap.add_argument("--save-every", type=float, default=3, help="minutes")
ap.add_argument("--assets", default=os.environ.get("ASSETS", "../demo.bin"), help="any English-only ggml Whisper model: its mel filters and vocabulary are used")
A = ap.parse_args()
# One thread a worker: on a shared machine two single-threaded workers that average
# their weights every few seconds get far more done than XLA's own threads.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"
os.environ.setdefault("JAX_PLATFORMS", "cpu")
for k_ in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[k_] = "1"     # or the sampler's small products keep both cores spinning
import numpy as np
import data

N_PHONES = 48
D, H, ENC, DEC, TCTX, ACTX = 128, 2, 4, 3, 448, 1500
# whisper.cpp takes n_text_layer == 2 for distil-whisper and then forces
# no_timestamps, hence 3 decoder layers.


def sinusoids(n, d):
    inv = np.exp(-math.log(10000) / (d // 2 - 1) * np.arange(d // 2))
    t = np.arange(n)[:, None] * inv[None]
    return np.concatenate([np.sin(t), np.cos(t)], 1).astype(np.float32)


POS = sinusoids(max(ACTX, data.N_TS), D)
POS_SCALE = 1.0
# Local attention from the start.  Sinusoidal positions make
#   q(t).k(u) = sum_i cos(w_i (u + shift - t))
# when query and key both project on the sinusoid pairs and the key rotates them by
# w_i * shift: a head that looks `shift` frames away.  Left to itself the encoder
# spends its first thousands of steps finding such heads; here they are the initial
# weights.  The pairs used are kept clear of the conv stem's output at first.
PAIRS = list(range(4, 28))
SHIFTS = [(-3, 3), (-5, 5), (-8, 8), (-12, 12)]


def local_attention(p, rng):
    inv = np.exp(-math.log(10000) / (D // 2 - 1) * np.arange(D // 2))
    pos = np.array(PAIRS + [i + D // 2 for i in PAIRS])
    n = len(PAIRS)
    w = p["encoder.conv2.weight"]
    w[:, pos] *= 0.15
    for i in range(ENC):
        b = "encoder.blocks.%d.attn" % i
        for name in (b + ".out", "encoder.blocks.%d.mlp.2" % i):
            p[name + ".weight"][:, pos] *= 0.15
        q, k = np.zeros((D, D), np.float32), np.zeros((D, D), np.float32)
        a = 1.5 * (1 + 0.15 * i)
        for h in range(H):
            o = h * (D // H)
            for j, f in enumerate(PAIRS):
                c, s = math.cos(inv[f] * -SHIFTS[i][h]), math.sin(inv[f] * -SHIFTS[i][h])
                q[f, o + j] = q[f + D // 2, o + n + j] = a
                # sin(w(u+d)) = sin.c + cos.s ; cos(w(u+d)) = cos.c - sin.s
                k[f, o + j], k[f + D // 2, o + j] = a * c, a * s
                k[f + D // 2, o + n + j], k[f, o + n + j] = a * c, -a * s
            rest = slice(o + 2 * n, o + D // H)
            for m in (q, k):
                m[:, rest] = rng.standard_normal((D, D // H - 2 * n)) * 0.5 / math.sqrt(D)
        p[b + ".query.weight"], p[b + ".key.weight"] = q, k



def init_params(rng, n_text, n_words):
    p = {}

    def lin(name, i, o, bias=True, scale=1.0):
        p[name + ".weight"] = (rng.standard_normal((i, o)) * scale / math.sqrt(i)).astype(np.float32)
        if bias:
            p[name + ".bias"] = np.zeros(o, np.float32)

    def ln(name):
        p[name + ".weight"] = np.ones(D, np.float32)
        p[name + ".bias"] = np.zeros(D, np.float32)

    def attn(name, scale):
        lin(name + ".query", D, D)
        lin(name + ".key", D, D, bias=False)
        lin(name + ".value", D, D)
        lin(name + ".out", D, D, scale=scale)

    def mlp(name, scale):
        lin(name + ".mlp.0", D, 4 * D)
        lin(name + ".mlp.2", 4 * D, D, scale=scale)

    lin("encoder.conv1", 3 * 80, D, scale=1.5)   # [3 * in, out]: tap-major
    lin("encoder.conv2", 3 * D, D, scale=1.8)
    for i in range(ENC):
        b = "encoder.blocks.%d" % i
        ln(b + ".attn_ln"), attn(b + ".attn", 0.4), ln(b + ".mlp_ln"), mlp(b, 0.4)
    ln("encoder.ln_post")
    for i in range(DEC):
        b = "decoder.blocks.%d" % i
        ln(b + ".attn_ln"), attn(b + ".attn", 0.4)
        ln(b + ".cross_attn_ln"), attn(b + ".cross_attn", 0.4)
        ln(b + ".mlp_ln"), mlp(b, 0.4)
    ln("decoder.ln")
    p["decoder.positional_embedding"] = (rng.standard_normal((TCTX, D)) * 0.05).astype(np.float32)
    p["text_embedding"] = (rng.standard_normal((n_text, D)) * 0.12).astype(np.float32)
    # timestamp rows = sinusoid(t) @ W + b: the same features the encoder adds to
    # its frames, so "when" is copied from the attended position and every one of
    # the 1501 rows gets trained
    p["ts.weight"] = (rng.standard_normal((D, D)) * 0.12 / math.sqrt(D)).astype(np.float32)
    p["ts.bias"] = (rng.standard_normal(D) * 0.05).astype(np.float32)
    lin("frame", D, n_words)          # auxiliary heads, not exported
    lin("frame_phone", D, N_PHONES)
    local_attention(p, rng)
    return p


# ---------------------------------------------------------------- export
def export(p, assets, path):
    """Write whisper.cpp's ggml format: f16 matrices, f32 vectors and positions."""
    from pathlib import Path
    src = Path(A.assets).read_bytes()
    n_mel, n_fft = struct.unpack("2i", src[48:56])
    off = 56 + 4 * n_mel * n_fft
    n = struct.unpack("i", src[off:off + 4])[0]
    end = off + 4
    for _ in range(n):
        end += 4 + struct.unpack("i", src[end:end + 4])[0]
    t = {}
    emb = np.zeros((data.N_VOCAB, D), np.float32)
    emb[assets.used] = p["text_embedding"]
    emb[data.BEG:data.BEG + data.N_TS] = POS[:data.N_TS] @ p["ts.weight"] + p["ts.bias"]
    for k, v in p.items():
        v = np.asarray(v)
        if k.startswith("frame") or k.startswith("ts.") or k == "text_embedding":
            continue
        if k in ("encoder.conv1.weight", "encoder.conv2.weight"):
            v = v.reshape(3, -1, D).transpose(2, 1, 0)      # [out, in, tap]
        elif k in ("encoder.conv1.bias", "encoder.conv2.bias"):
            v = v.reshape(D, 1)
        elif k.endswith(".weight") and v.ndim == 2:
            v = v.T
        t[k] = v
    pos = np.array(t["decoder.positional_embedding"])
    pos[256:] = 0                                           # never reached in training
    t["decoder.positional_embedding"] = pos
    t["encoder.positional_embedding"] = POS[:ACTX] * POS_SCALE
    t["decoder.token_embedding.weight"] = emb
    with open(path + ".tmp", "wb") as f:
        f.write(struct.pack("i", 0x67676d6c))
        f.write(struct.pack("11i", data.N_VOCAB, ACTX, D, H, ENC, TCTX, D, H, DEC, 80, 1))
        f.write(src[48:end])
        for k, v in t.items():
            f32 = v.ndim < 2 or "positional_embedding" in k or k in ("encoder.conv1.bias", "encoder.conv2.bias")
            v = np.ascontiguousarray(v, np.float32 if f32 else np.float16)
            f.write(struct.pack("iii", v.ndim, len(k), 0 if f32 else 1))
            f.write(struct.pack("%di" % v.ndim, *v.shape[::-1]))
            f.write(k.encode())
            v.tofile(f)
    os.rename(path + ".tmp", path)


# ---------------------------------------------------------------- batches
# (batch, encoder positions, decoder length); 1500 = whisper's whole 30 s window
BUCKETS = [(24, 64, 20), (16, 128, 30), (8, 256, 52), (5, 400, 76), (2, 752, 132), (1, 1500, 200)]
CURRICULUM = [(0.00, (0.13, 0.40, 0.36, 0.11, 0.00, 0.00)),   # (progress, bucket weights)
              (0.15, (0.11, 0.30, 0.37, 0.16, 0.06, 0.00)),
              (0.50, (0.10, 0.25, 0.34, 0.19, 0.10, 0.02))]


def bucket_at(frac, r):
    w = [w for f, w in CURRICULUM if f <= frac][-1]
    return r.choices(range(len(BUCKETS)), w)[0]


def producer(q, frac, files, assets_path, seed, parent):
    import random
    s = data.Sampler(files, data.Assets(assets_path), seed)
    r = random.Random(seed)
    while True:
        s.strength = A.augment * min(1.0, 0.5 + 2.5 * frac.value)
        k = bucket_at(frac.value, r)
        b = (k, s.batch(*BUCKETS[k]))
        while True:
            try:
                q.put(b, timeout=10)
                break
            except queue.Full:
                if os.getppid() != parent:
                    os._exit(1)


def dev_batches(assets):
    """Fixed, clean windows of voices that are never trained on."""
    here = os.path.dirname(os.path.abspath(__file__))
    out = {}
    for name, fs, k, n in (("tts", ["unseen-espeak-f4", "unseen-espeak-m5", "unseen-flite-kal16"], 2, 4),
                           ("seen", ["seen-us", "seen-slt"], 2, 3),
                           ("an4", ["dev-an4"], 3, 5), ("fsdd", ["dev-fsdd"], 2, 2)):
        s = data.Sampler([os.path.join(here, "test", f + ".pkl") for f in fs], assets, 99, clean=True)
        s.strength, s.SILENT = 0.0, 0.0
        s.WEIGHTS = {"flite-kal16": 1, "espeak": 2} if name == "tts" else {"flite-slt": 1, "espeak-us": 1} if name == "seen" else {}
        out[name] = (k, [s.batch(*BUCKETS[k]) for _ in range(n)])
    return out


def worker(rank, q, frac, slots, barrier, start, parent):
    import jax, jax.numpy as jnp
    jax.config.update("jax_compilation_cache_dir", "./jaxcache")
    jax.config.update("jax_persistent_cache_min_compile_time_secs", 1)
    assets = data.Assets(A.assets)
    n_words = len({w.lower() for w in data.vocabulary()}) + 1
    rng = np.random.default_rng(A.seed)
    params = init_params(rng, assets.n_text, n_words)
    if A.init:
        z = np.load(A.init)
        keep = lambda k: k in z and not (A.fresh_encoder and (k.startswith("encoder.") or k.startswith("frame")))
        params = {k: z[k] if keep(k) else params[k] for k in params}
    LOG_UNUSED = math.log(assets.n_unused)
    POSJ = jnp.asarray(POS)
    gelu = lambda x: jax.nn.gelu(x, approximate=True)   # ggml_gelu is the tanh form

    def norm(p, name, x):
        m = x.mean(-1, keepdims=True)
        v = ((x - m) ** 2).mean(-1, keepdims=True)
        return (x - m) * jax.lax.rsqrt(v + 1e-5) * p[name + ".weight"] + p[name + ".bias"]

    def lin(p, name, x):
        y = x @ p[name + ".weight"]
        b = p.get(name + ".bias")
        return y if b is None else y + b

    def heads(x):
        return x.reshape(x.shape[0], x.shape[1], H, D // H)

    def softmax_pad(s, logpad):
        """softmax with exp(logpad) more keys of score 0 and value 0: whisper.cpp's
        flash attention pads keys to a multiple of 256 without masking them"""
        m = jax.lax.stop_gradient(jnp.maximum(s.max(-1, keepdims=True), 0.0))
        e = jnp.exp(s - m)
        return e / (e.sum(-1, keepdims=True) + jnp.exp(logpad - m))

    def mlp(p, b, x):
        return lin(p, b + ".mlp.2", gelu(lin(p, b + ".mlp.0", norm(p, b + ".mlp_ln", x))))

    def encoder(p, mel, logpad):
        x = jnp.pad(mel, ((0, 0), (1, 1), (0, 0)))
        x = jnp.concatenate([x[:, :-2], x[:, 1:-1], x[:, 2:]], -1)
        x = gelu(lin(p, "encoder.conv1", x))
        x = jnp.pad(x, ((0, 0), (1, 1), (0, 0)))
        x = jnp.concatenate([x[:, 0:-2:2], x[:, 1:-1:2], x[:, 2::2]], -1)
        x = gelu(lin(p, "encoder.conv2", x))
        x = x + POSJ[:x.shape[1]] * POS_SCALE
        for i in range(ENC):
            b = "encoder.blocks.%d" % i
            h = norm(p, b + ".attn_ln", x)
            q, k, v = (heads(lin(p, b + ".attn." + n, h)) for n in ("query", "key", "value"))
            s = jnp.einsum("bqhd,bkhd->bhqk", q * (D // H) ** -0.5, k)
            o = jnp.einsum("bhqk,bkhd->bqhd", softmax_pad(s, logpad), v)
            x = x + lin(p, b + ".attn.out", o.reshape(x.shape))
            x = x + mlp(p, b, x)
            if i == 1:
                mid = x
        return norm(p, "encoder.ln_post", x), mid

    def decoder(p, inp, xa, logpad):
        ts = POSJ[:data.N_TS] @ p["ts.weight"] + p["ts.bias"]
        emb = jnp.concatenate([p["text_embedding"], ts])
        L = inp.shape[1]
        x = emb[inp] + p["decoder.positional_embedding"][:L]
        mask = jnp.where(jnp.arange(L)[:, None] >= jnp.arange(L)[None], 0.0, -1e9)
        att = []
        for i in range(DEC):
            b = "decoder.blocks.%d" % i
            h = norm(p, b + ".attn_ln", x)
            q, k, v = (heads(lin(p, b + ".attn." + n, h)) for n in ("query", "key", "value"))
            s = jnp.einsum("bqhd,bkhd->bhqk", q * (D // H) ** -0.5, k) + mask
            o = jnp.einsum("bhqk,bkhd->bqhd", jax.nn.softmax(s), v)
            x = x + lin(p, b + ".attn.out", o.reshape(x.shape))
            h = norm(p, b + ".cross_attn_ln", x)
            q = heads(lin(p, b + ".cross_attn.query", h)) * (D // H) ** -0.5
            k, v = (heads(lin(p, b + ".cross_attn." + n, xa)) for n in ("key", "value"))
            w = softmax_pad(jnp.einsum("bqhd,bkhd->bhqk", q, k), logpad)
            att.append(w)
            o = jnp.einsum("bhqk,bkhd->bqhd", w, v)
            x = x + lin(p, b + ".cross_attn.out", o.reshape(x.shape))
            x = x + mlp(p, b, x)
        x = norm(p, "decoder.ln", x)
        return x @ emb.T, att

    def guide(w, iv):
        """-log of the attention mass inside the interval, over positions with one"""
        t = jnp.arange(w.shape[-1])
        inside = (t >= iv[..., :1] - 2) & (t < iv[..., 1:] + 2)
        mass = (w * inside).sum(-1)
        has = (iv[..., 1] > 0).astype(jnp.float32)
        return (-jnp.log(mass + 1e-4) * has).sum() / (has.sum() + 1)

    def loss_fn(p, b, logpad, kguide, kaux):
        xa, mid = encoder(p, b["mel"], logpad)
        logits, att = decoder(p, b["inp"], xa, logpad)
        # the unused rows of the embedding are zero, so their logit is 0
        lse = jnp.logaddexp(jax.scipy.special.logsumexp(logits, -1), LOG_UNUSED)
        g = jnp.take_along_axis(logits, b["tgt"], -1)
        ce = lse - (g * b["tw"]).sum(-1)
        n = b["w"].sum()
        dec = (ce * b["w"]).sum() / jnp.maximum(n, 1)
        best = logits.argmax(-1)
        top = jnp.take_along_axis(b["tgt"], b["tw"].argmax(-1)[..., None], -1)[..., 0]
        istext = (top < assets.n_text) & (b["w"] > 0)
        acc = ((best == top) & istext).sum() / jnp.maximum(istext.sum(), 1)
        fl = lin(p, "frame", xa)
        fce = jax.scipy.special.logsumexp(fl, -1) - jnp.take_along_axis(fl, jnp.maximum(b["frames"], 0)[..., None], -1)[..., 0]
        fw = jnp.where(b["frames"] > 0, 1.0, jnp.where(b["frames"] < 0, 0.0, 0.2))   # -1: not known
        frame = (fce * fw).sum() / (fw.sum() + 1)
        mid = (mid - mid.mean(-1, keepdims=True)) * jax.lax.rsqrt(mid.var(-1, keepdims=True) + 1e-5)
        pl = lin(p, "frame_phone", mid)
        pce = jax.scipy.special.logsumexp(pl, -1) - jnp.take_along_axis(pl, jnp.maximum(b["phones"], 0)[..., None], -1)[..., 0]
        pw = jnp.where(b["phones"] > 0, 1.0, jnp.where(b["phones"] < 0, 0.0, 0.3))
        phone = (pce * pw).sum() / (pw.sum() + 1)
        # two hops: layer 0 finds the word of the input token, layers 1 and 2 the next
        gd = guide(att[0][:, 0], b["piv"]) + guide(att[1][:, 0], b["niv"]) + guide(att[2][:, 0], b["niv"])
        return dec + kaux * (frame + phone) + kguide * gd, (dec, frame, phone, gd, acc)

    b1, b2, eps, wd = 0.9, 0.98, 1e-8, 0.01

    @jax.jit
    def step(p, m, v, ema, b, lr, t, logpad, kguide, kaux, decay):
        (_, aux), g = jax.value_and_grad(loss_fn, has_aux=True)(p, b, logpad, kguide, kaux)
        gn = jnp.sqrt(sum((x ** 2).sum() for x in g.values()))
        sc = jnp.minimum(1.0, 1.0 / (gn + 1e-9))
        m = {k: b1 * m[k] + (1 - b1) * g[k] * sc for k in p}
        v = {k: b2 * v[k] + (1 - b2) * (g[k] * sc) ** 2 for k in p}
        c1, c2 = 1 - b1 ** t, 1 - b2 ** t
        ok = jnp.isfinite(gn)    # skip a step that went wrong
        m = {k: jnp.where(ok, m[k], 0.0) for k in p}
        v = {k: jnp.where(ok, v[k], 1.0) for k in p}
        p = {k: p[k] - lr * ok * (m[k] / c1 / (jnp.sqrt(v[k] / c2) + eps)
                             + (wd * p[k] if p[k].ndim == 2 and "embedding" not in k else 0.0)) for k in p}
        ema = {k: decay * ema[k] + (1 - decay) * p[k] for k in p}
        return p, m, v, ema, aux, gn

    names = sorted(params)
    sizes = [params[k].size for k in names]

    def average(p, m, v):
        """mean of the workers' weights and Adam moments, through shared memory"""
        mine = np.frombuffer(slots[rank], np.float32).reshape(3, -1)
        for i, d in enumerate((p, m, v)):
            o = 0
            for k, n in zip(names, sizes):
                mine[i, o:o + n] = np.asarray(d[k]).ravel()
                o += n
        barrier.wait(600)
        mean = sum(np.frombuffer(s, np.float32) for s in slots).reshape(3, -1) / len(slots)
        barrier.wait(600)
        out = []
        for i in range(3):
            o, d = 0, {}
            for k, n in zip(names, sizes):
                d[k] = jnp.asarray(mean[i, o:o + n].reshape(params[k].shape))
                o += n
            out.append(d)
        return out

    p = {k: jnp.asarray(x) for k, x in params.items()}
    zero = {k: jnp.zeros_like(x) for k, x in p.items()}
    m, v, ema = zero, zero, p
    t, before = 0, 0.0
    state = os.path.join(A.out, "state.npz")
    if A.resume and os.path.exists(state):
        z = np.load(state)
        p, m, v, ema = ({k: jnp.asarray(z[c + k]) for k in params} for c in ("p/", "m/", "v/", "e/"))
        t, before = int(z["t"]), float(z["minutes"])
        if rank == 0:
            print("resume at step %d, minute %.1f" % (t, before), flush=True)
    import random
    r = random.Random(A.seed + rank + t)
    sync = 0.0
    old, acc, seconds, windows = [], [], 0.0, 0
    log = open(os.path.join(A.out, "log%d.txt" % rank), "a")
    elapsed = lambda: before + (time.time() - start) / 60
    last = saved = before
    lo = lambda: float(t) / A.steps if A.steps else elapsed() / A.minutes

    def save():
        d = {"t": t, "minutes": elapsed()}
        for c, q_ in (("p/", p), ("m/", m), ("v/", v), ("e/", ema)):
            d.update({c + k: np.asarray(x) for k, x in q_.items()})
        np.savez(state + ".tmp.npz", **d)
        os.replace(state + ".tmp.npz", state)

    dev = dev_batches(assets) if rank == 0 else None
    dev_loss = jax.jit(lambda p, b: loss_fn(p, b, -1e9, 0.0, 0.0)[1])

    def evaluate(quick):
        """loss and next-token accuracy (teacher forced) on voices never heard, through JAX;
        then greedy WER through whisper-cli in a process of its own"""
        e = {k: np.asarray(x) for k, x in ema.items()}
        np.savez(os.path.join(A.out, "last.tmp.npz"), **e)
        os.replace(os.path.join(A.out, "last.tmp.npz"), os.path.join(A.out, "last.npz"))
        export(e, assets, os.path.join(A.out, "last.bin"))
        line = []
        for name, (k, bs) in dev.items():
            x = np.mean([[float(y) for y in dev_loss(ema, b)] for b in bs], 0)
            line.append("%s %.3f/%.3f" % (name, x[0], x[4]))
        line = "DEV step %d min %.1f  loss/token accuracy: %s" % (t, elapsed(), "  ".join(line))
        print(line, flush=True)
        print(line, file=open(os.path.join(A.out, "eval.log"), "a"), flush=True)
        if quick:
            here = os.path.dirname(os.path.abspath(__file__))
            subprocess.Popen(["nice", "-n", "10", sys.executable, os.path.join(here, "eval.py"), "--quick", "--label", "step %d min %.1f" % (t, elapsed()),
                              "--bin", os.path.join(A.out, "last.bin"), "--test", os.path.join(here, "test")],
                             stdout=open(os.path.join(A.out, "eval.log"), "a"), stderr=subprocess.DEVNULL)

    if rank == 0:
        evaluate(False)
    while True:
        # a fresh batch when there is one; otherwise replay a recent one
        try:
            k, b = q.get(timeout=0.002 if len(old) > 8 else 300)
            old.append((k, b))
            if len(old) > 80:
                old.pop(r.randrange(40))
            fresh = True
        except queue.Empty:
            k, b = r.choice(old)
            fresh = False
        T = BUCKETS[k][1]
        logpad = -1e9 if r.random() < 0.5 else math.log(r.randint(1, 255) if r.random() < 0.5 else max(1e-9, (-T) % 256))
        if rank == 0 and sync == 0.0:
            frac.value = A.phase0 + (1 - A.phase0) * min(lo(), 1.0)
        fx = frac.value
        t += 1
        lr = A.lr * min(1, t / 200) * (0.5 + 0.5 * math.cos(math.pi * fx))
        kg = 0.2 if fx < 0.3 else 0.1
        ka = 0.6 if fx < 0.5 else 0.3
        windows += b["inp"].shape[0]
        seconds += b["inp"].shape[0] * T * 0.02
        ts_ = time.time()
        p, m, v, ema, aux, gn = step(p, m, v, ema, b, lr, t, logpad, kg, ka, min(0.999, t / (t + 20)))
        if os.environ.get("PROF"):
            jax.block_until_ready(gn); print(t, T, fresh, "step %.3f" % (time.time() - ts_), "since %.3f" % (time.time() - start), flush=True)
        # the workers meet every few seconds (or every 8 steps, when steps rule)
        sync = sync or time.time()
        if (t % 8 == 0) if A.steps else (time.time() - sync > 4.0):
            p, m, v = average(p, m, v)
            if rank == 0:
                frac.value = A.phase0 + (1 - A.phase0) * min(1.0, lo())
                if elapsed() - saved > A.save_every:
                    saved = elapsed()
                    save()
            barrier.wait(600)
            if os.getppid() != parent:
                os._exit(1)
            sync = time.time()
            if frac.value >= 1.0:
                break
        acc.append([float(x) for x in aux] + [float(gn), fresh, T])
        if t % 100 == 0 and rank == 0:
            a = np.nanmean(acc, 0)
            acc = []
            print("%5d %5.1f min %.1f windows/s, %.1f h of windows/h, fx %.2f lr %.1e dec %.3f frame %.3f phone %.3f guide %.2f acc %.3f gn %.2f fresh %.2f T %.0f" % (
                t, elapsed(), A.workers * windows / (time.time() - start), A.workers * seconds / (time.time() - start), fx, lr, *a), flush=True)
            print(t, *a, file=log, flush=True)
        if rank == 0 and elapsed() - last > A.export_every:
            last = elapsed()
            evaluate(True)
    if rank:
        return
    save()
    evaluate(True)
    e = {k: np.asarray(x) for k, x in ema.items()}
    np.savez(os.path.join(A.out, "final.npz"), **e)
    export(e, assets, os.path.join(A.out, "final.bin"))
    print("done", t, "steps", elapsed(), "min", flush=True)


def main():
    os.makedirs(A.out, exist_ok=True)
    files = [os.path.join(A.bank, f) for f in sorted(os.listdir(A.bank)) if f.endswith(".pkl")]
    assets = data.Assets(A.assets)
    n_words = len({w.lower() for w in data.vocabulary()}) + 1
    total = sum(x.size for x in init_params(np.random.default_rng(0), assets.n_text, n_words).values())
    data.lexicon(os.path.join(os.path.dirname(os.path.abspath(__file__)), "lexicon.json"))
    ctx = mp.get_context("spawn")
    frac, q, barrier = ctx.Value("d", A.phase0), ctx.Queue(8), ctx.Barrier(A.workers)
    slots = [ctx.RawArray("f", 3 * total) for _ in range(A.workers)]
    open(os.path.join(A.out, "pid"), "w").write("%d\n" % os.getpid())
    signal.signal(signal.SIGTERM, lambda *x: sys.exit(143))    # the children are daemons: they end too
    seed = A.seed + 100 + (int(time.time()) if A.resume else 0)     # other data after a kill
    feeder = ctx.Process(target=producer, args=(q, frac, files, A.assets, seed, os.getpid()), daemon=True)
    feeder.start()
    start = time.time()
    ws = [ctx.Process(target=worker, args=(i, q, frac, slots, barrier, start, os.getpid()), daemon=True) for i in range(A.workers)]
    for w in ws:
        w.start()
    while any(w.is_alive() for w in ws):
        time.sleep(1)
        if any(w.exitcode for w in ws) or (feeder.exitcode is not None and any(w.is_alive() for w in ws)):
            print("a process died; start again with --resume", flush=True)
            sys.exit(1)
    feeder.terminate()
    sys.exit(max(w.exitcode or 0 for w in ws))


if __name__ == "__main__":
    if A.export:
        export(dict(np.load(A.export)), data.Assets(A.assets), A.bin)
    else:
        main()
