// What a page looks like, pixel by pixel.
import { PNG } from "pngjs";

/** How opaque each pixel of a column is, from 0 to 255, as OBS gets the page. */
export async function opacities(page, x, y, height) {
  const shot = await page.screenshot({ omitBackground: true, clip: { x, y, width: 1, height } });
  return page.evaluate(async (data) => {
    const bytes = Uint8Array.from(data);
    const image = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const canvas = new OffscreenCanvas(1, image.height).getContext("2d");
    canvas.drawImage(image, 0, 0);
    return [...canvas.getImageData(0, 0, 1, image.height).data].filter((_, at) => at % 4 === 3);
  }, [...shot]);
}

/** How many pixels of two PNGs differ in any channel; every pixel where their sizes do. */
export function differing(one, other) {
  const [a, b] = [PNG.sync.read(one), PNG.sync.read(other)];
  if (a.width !== b.width || a.height !== b.height) return a.width * a.height;
  let count = 0;
  for (let at = 0; at < a.data.length; at += 4) if (a.data.readUInt32BE(at) !== b.data.readUInt32BE(at)) count += 1;
  return count;
}

/** How many colours a PNG has: a page that shows nothing has one. */
export function coloursOf(picture) {
  const { data } = PNG.sync.read(picture);
  const all = new Set();
  for (let at = 0; at < data.length; at += 4) all.add(data.readUInt32BE(at));
  return all.size;
}
