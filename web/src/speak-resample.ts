// Changes the rate of sound: a polyphase filter with a windowed-sinc low-pass. Pure; it runs in the audio thread and allocates only its output.

/** Zero crossings of the sinc on each side. */
const CROSSINGS = 32;
/** Kaiser's beta: about 80 dB of attenuation. */
const BETA = 8;
/** Where the low-pass is at half, as a share of the lower rate's half: the band beside it is the transition. */
const CUTOFF = 0.92;

/** From `from` to `to` samples a second, piece by piece. */
export class Resampler {
  readonly #up: number;
  readonly #down: number;
  readonly #taps: number;
  /** One filter a phase. */
  readonly #phases: Float32Array[];
  /** The last samples of what came before. */
  #kept: Float32Array;
  /** Of the next output, on the grid of `from * up`, from the first kept sample. */
  #next: number;

  constructor(
    readonly from: number,
    readonly to: number,
  ) {
    const common = divisor(from, to);
    [this.#up, this.#down] = [to / common, from / common];
    const scale = Math.min(1, to / from);
    const half = Math.ceil(CROSSINGS / scale);
    this.#taps = 2 * half;
    const whole = (at: number): number => scale * CUTOFF * sinc(at * scale * CUTOFF) * kaiser(at / half);
    // The output at a fraction of a sample lies between tap `half - 1` and tap `half`.
    this.#phases = Array.from({ length: this.#up }, (_, phase) => {
      const filter = Float32Array.from({ length: this.#taps }, (_, tap) => whole(tap - (half - 1) - phase / this.#up));
      // Each phase leaves a steady value as it is.
      const sum = filter.reduce((all, it) => all + it, 0);
      return filter.map((it) => it / sum);
    });
    this.#kept = new Float32Array(half - 1);
    this.#next = 0;
  }

  /** Sample `n` of all output is that of the moment `n / to`, as sample `n` of the input is that of `n / from`. */
  push(samples: Float32Array): Float32Array {
    if (this.from === this.to) return samples;
    const taps = this.#taps;
    const all = new Float32Array(this.#kept.length + samples.length);
    all.set(this.#kept);
    all.set(samples, this.#kept.length);
    const starts = all.length - taps;
    const many = starts < 0 ? 0 : Math.max(0, Math.floor((starts * this.#up + this.#up - 1 - this.#next) / this.#down) + 1);
    const out = new Float32Array(many);
    for (let at = 0; at < many; at++) {
      const place = this.#next + at * this.#down;
      const begin = Math.floor(place / this.#up);
      const filter = this.#phases[place % this.#up]!;
      let sum = 0;
      for (let tap = 0; tap < taps; tap++) sum += all[begin + tap]! * filter[tap]!;
      out[at] = sum;
    }
    const reached = this.#next + many * this.#down;
    const used = Math.min(all.length, Math.floor(reached / this.#up));
    this.#next = reached - used * this.#up;
    this.#kept = all.slice(used);
    return out;
  }
}

function sinc(x: number): number {
  return x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x);
}

function kaiser(x: number): number {
  return Math.abs(x) > 1 ? 0 : bessel(BETA * Math.sqrt(1 - x * x)) / bessel(BETA);
}

/** The modified Bessel function of the first kind, of order 0. */
function bessel(x: number): number {
  let [sum, term] = [1, 1];
  for (let k = 1; term > sum * 1e-12; k++) {
    term *= (x / (2 * k)) ** 2;
    sum += term;
  }
  return sum;
}

function divisor(a: number, b: number): number {
  return b === 0 ? a : divisor(b, a % b);
}
