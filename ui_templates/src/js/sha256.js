/* SHA-256 (FIPS 180-4) of a short text, as eight words. The browser's own is there for pages over HTTPS only, and takes a turn
   of the page for each hash. */
const primes = [];
for (let n = 2; primes.length < 64; n += 1) if (primes.every((prime) => n % prime)) primes.push(n);
const fraction = (number) => ((number % 1) * 2 ** 32) | 0;
const ROUNDS = Int32Array.from(primes, (prime) => fraction(Math.cbrt(prime)));
const START = Int32Array.from(primes.slice(0, 8), (prime) => fraction(Math.sqrt(prime)));
const encoder = new TextEncoder();
const words = new Int32Array(64);

const turned = (word, by) => (word >>> by) | (word << (32 - by));

/* The text, a one, zeros, and its length in bits, in blocks of 64 bytes. */
function padded(text) {
  const bytes = encoder.encode(text);
  const blocks = new DataView(new ArrayBuffer((((bytes.length + 8) >> 6) + 1) * 64));
  new Uint8Array(blocks.buffer).set(bytes);
  blocks.setUint8(bytes.length, 0x80);
  blocks.setUint32(blocks.byteLength - 4, bytes.length * 8);
  return blocks;
}

function spread(blocks, at) {
  for (let i = 0; i < 16; i += 1) words[i] = blocks.getInt32(at + i * 4);
  for (let i = 16; i < 64; i += 1) {
    const [early, late] = [words[i - 15], words[i - 2]];
    const one = turned(early, 7) ^ turned(early, 18) ^ (early >>> 3);
    const other = turned(late, 17) ^ turned(late, 19) ^ (late >>> 10);
    words[i] = (words[i - 16] + one + words[i - 7] + other) | 0;
  }
}

export function sha256(text) {
  const blocks = padded(text);
  const state = Int32Array.from(START);
  for (let at = 0; at < blocks.byteLength; at += 64) {
    spread(blocks, at);
    let [a, b, c, d, e, f, g, h] = state;
    for (let i = 0; i < 64; i += 1) {
      const one = h + (turned(e, 6) ^ turned(e, 11) ^ turned(e, 25)) + ((e & f) ^ (~e & g)) + ROUNDS[i] + words[i];
      const other = (turned(a, 2) ^ turned(a, 13) ^ turned(a, 22)) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) | 0, c, b, a, (one + other) | 0];
    }
    [a, b, c, d, e, f, g, h].forEach((word, i) => {
      state[i] += word;
    });
  }
  return state;
}
