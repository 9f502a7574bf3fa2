// A QR code as SVG: black on white in all colours of the page, since scanners expect that.
import { correction, generate } from "lean-qr";

const SVG = "http://www.w3.org/2000/svg";
/** Modules of white around it. */
const QUIET = 4;

/** `label`: for who cannot see it. */
export function qrCode(content: string, label: string): SVGSVGElement {
  const code = generate(content, { minCorrectionLevel: correction.M });
  const size = code.size + 2 * QUIET;
  const svg = document.createElementNS(SVG, "svg");
  for (const [name, value] of Object.entries({ viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, class: "qr", "shape-rendering": "crispEdges" })) svg.setAttribute(name, value);
  const paper = document.createElementNS(SVG, "rect");
  for (const [name, value] of Object.entries({ width: size, height: size, fill: "#fff" })) paper.setAttribute(name, String(value));
  const ink = document.createElementNS(SVG, "path");
  ink.setAttribute("fill", "#000");
  ink.setAttribute("d", squares(code).join(""));
  svg.append(paper, ink);
  return svg;
}

function squares(code: { size: number; get(x: number, y: number): boolean }): string[] {
  const numbers = [...Array(code.size).keys()];
  return numbers.flatMap((y) => numbers.filter((x) => code.get(x, y)).map((x) => `M${x + QUIET} ${y + QUIET}h1v1h-1z`));
}
