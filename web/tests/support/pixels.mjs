// What a page looks like, pixel by pixel.

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
