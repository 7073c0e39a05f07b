const PANEL = { width: 470, height: 300, left: 56, right: 18, top: 84, bottom: 52 }
// Told apart by people who are colour-blind, too (Okabe and Ito).
const COLOURS = ['#000000', '#d55e00', '#0072b2', '#009e73', '#cc79a7']

/** Line charts beside each other, as an SVG document. A colour is the same line in all of them. */
export function plot(panels) {
  const names = [...new Set(panels.flatMap(({ lines }) => lines.map(({ name }) => name)))]
  const colour = (name) => COLOURS[names.indexOf(name) % COLOURS.length]
  const [width, height] = [PANEL.width * panels.length, PANEL.height + PANEL.top + PANEL.bottom]
  const most = ceiling(Math.max(...panels.flatMap(({ lines }) => lines.flatMap(({ points }) => points.map(({ most }) => most)))))
  let x = PANEL.left
  const legend = names.map((name) => {
    const at = x
    x += 44 + name.length * 7
    return `<line x1="${at}" y1="20" x2="${at + 22}" y2="20" stroke="${colour(name)}" stroke-width="2"/><circle cx="${at + 11}" cy="20" r="3.5" fill="${colour(name)}"/>` +
      text(at + 28, 24, name)
  })
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" font-family="sans-serif" font-size="12" fill="#333">`,
    `<rect width="${width}" height="${height}" fill="#fff"/>`,
    ...legend,
    ...panels.map((panel, n) => `<g transform="translate(${n * PANEL.width} 0)">\n${chart(panel, most, colour).join('\n')}\n</g>`),
    '</svg>\n',
  ].join('\n')
}

function chart({ title, x: xLabel, y: yLabel, logarithmic, lines }, most, colour) {
  const inner = { width: PANEL.width - PANEL.left - PANEL.right, height: PANEL.height }
  const bottom = PANEL.top + inner.height
  const xs = [...new Set(lines.flatMap(({ points }) => points.map(({ x }) => x)))].sort((a, b) => a - b)
  const scale = logarithmic ? Math.log10 : (x) => x
  const from = logarithmic ? scale(xs[0]) : 0
  const atX = (x) => round(PANEL.left + ((scale(x) - from) / (scale(xs.at(-1)) - from)) * inner.width)
  const atY = (y) => round(bottom - (y / most) * inner.height)
  const ticks = Array.from({ length: 6 }, (_, n) => (most / 5) * n)
  return [
    text(PANEL.left, 56, title, 'font-size="14" font-weight="bold"'),
    text(PANEL.left, 74, yLabel, 'fill="#666"'),
    ...ticks.map((y) => `<line x1="${PANEL.left}" y1="${atY(y)}" x2="${PANEL.left + inner.width}" y2="${atY(y)}" stroke="${y === 0 ? '#333' : '#ddd'}"/>` +
      text(PANEL.left - 8, atY(y) + 4, String(round(y)), 'text-anchor="end"')),
    ...xs.map((x) => `<line x1="${atX(x)}" y1="${bottom}" x2="${atX(x)}" y2="${bottom + 5}" stroke="#333"/>` +
      text(atX(x), bottom + 19, x.toLocaleString('en'), 'text-anchor="middle"')),
    text(PANEL.left + inner.width / 2, bottom + 40, xLabel, 'text-anchor="middle"'),
    ...lines.flatMap(({ name, points }) => [
      ...points.map(({ x, least, most }) =>
        `<line x1="${atX(x)}" y1="${atY(least)}" x2="${atX(x)}" y2="${atY(most)}" stroke="${colour(name)}" stroke-opacity=".4" stroke-width="5"/>`),
      `<polyline points="${points.map(({ x, y }) => `${atX(x)},${atY(y)}`).join(' ')}" fill="none" stroke="${colour(name)}" stroke-width="2"/>`,
      ...points.map(({ x, y }) => `<circle cx="${atX(x)}" cy="${atY(y)}" r="3.5" fill="${colour(name)}"/>`),
    ]),
  ]
}

const text = (x, y, content, attributes = '') => `<text x="${round(x)}" y="${round(y)}" ${attributes}>${content}</text>`

const round = (number) => Math.round(number * 100) / 100

/** A round number that is not smaller. */
function ceiling(number) {
  const unit = 10 ** Math.floor(Math.log10(number))
  return [1, 1.5, 2, 3, 4, 5, 7.5, 10].map((n) => n * unit).find((n) => n >= number)
}
