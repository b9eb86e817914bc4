// Draws the way from a line to the root: green is what was computed here, the
// squares are the hashes of everything else. Each row tells the same in text.
const space = 'http://www.w3.org/2000/svg'
const high = 24
const step = 12

const short = (value) => `${value.slice(0, 4)}…${value.slice(-4)}`
const range = ({ from, to }) => (to - from === 1 ? `line ${from}` : `${from} – ${to - 1}`)

function shape(name, attributes) {
  const made = document.createElementNS(space, name)
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
  return made
}

// places gives each node of the way its place across, the root's first: where
// a sibling stands at the left, the way goes on at the right.
function places(down) {
  const at = [0]
  for (const { side } of down) at.push(at.at(-1) + (side === 'left' ? step : -step))
  return at
}

function label(text, x, y, anchor) {
  const made = shape('text', { x: anchor === 'end' ? x - 11 : x + 11, y: y + 4, 'text-anchor': anchor })
  made.textContent = text
  return made
}

function picture(path) {
  const down = [...path].reverse() // the root stands on top
  const at = places(down)
  const y = (row) => row * high + high / 2
  const beside = (i) => at[i] + (down[i].side === 'left' ? -step : step)
  const foot = down.length
  const others = shape('g', { class: 'others' })
  const marks = shape('g', {})
  for (const i of down.keys()) {
    others.append(shape('path', { d: `M${at[i]} ${y(i)}L${beside(i)} ${y(i + 1)}` }))
    marks.append(shape('rect', { class: 'other', x: beside(i) - 3.5, y: y(i + 1) - 3.5, width: 7, height: 7, rx: 1 }))
  }
  for (const [i, x] of at.entries()) marks.append(shape('circle', { class: 'node', cx: x, cy: y(i), r: i === 0 || i === foot ? 5 : 3 }))
  const anchor = down.at(-1).side === 'left' ? 'start' : 'end'
  const most = Math.max(...at, at[0] + 40, anchor === 'start' ? at[foot] + 72 : 0) + 2 * step
  const least = Math.min(...at, anchor === 'end' ? at[foot] - 72 : 0) - 1.4 * step
  const [wide, tall] = [most - least, (foot + 1) * high]
  const svg = shape('svg', { viewBox: `${least} 0 ${wide} ${tall}`, width: wide, height: tall, 'aria-hidden': 'true' })
  svg.append(others, shape('path', { class: 'way', d: at.map((x, i) => `${i ? 'L' : 'M'}${x} ${y(i)}`).join('') }), marks,
    label('Root', at[0], y(0), 'start'), label('This line', at[foot], y(foot), anchor))
  return svg
}

function line(tag, ...cells) {
  const row = document.createElement('tr')
  for (const text of cells) {
    const cell = document.createElement(tag)
    if (tag === 'th') cell.scope = 'col'
    cell.textContent = text
    row.append(cell)
  }
  return row
}

function table({ path, nodes, hashes, checkpoint }) {
  const made = document.createElement('table')
  made.createCaption().textContent = 'From the root down to this line: the hashes of everything else, and the lines that each stands for'
  made.createTHead().append(line('th', 'Hash', 'Lines'))
  const body = made.createTBody()
  body.append(line('td', short(nodes.at(-1)), `${checkpoint.size} lines`))
  for (const [i, other] of [...path.entries()].reverse()) body.append(line('td', short(hashes[i]), range(other)))
  return made
}

export function drawClimb(box, found) {
  const head = document.createElement('h3')
  head.textContent = 'From this line to the root'
  const drawn = document.createElement('div')
  drawn.className = 'drawn'
  drawn.append(picture(found.path), table(found))
  const legend = document.createElement('p')
  legend.className = 'quiet'
  legend.textContent = found.path.length === 1 ? 'Green is computed here. The square is the hash of everything else.' : `Green is computed here. The squares are the ${found.path.length} hashes of everything else.`
  box.replaceChildren(head, drawn, legend)
}
