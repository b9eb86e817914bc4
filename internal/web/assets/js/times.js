// The server writes UTC, since it cannot know the visitor's zone. Here each time
// becomes the visitor's own, with the instant in its title and in what is copied.
const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const weekdays = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday']
const two = (n) => String(n).padStart(2, '0')

const clock = (d) => `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
const dayMonth = (d) => `${d.getDate()} ${months[d.getMonth()]}`
const midnight = (d) => new Date(d.getFullYear(), d.getMonth(), d.getDate())

// nearby names today and yesterday, or nothing.
function nearby(d) {
  const days = Math.round((midnight(new Date()) - midnight(d)) / 86_400_000)
  return days === 0 ? 'Today' : days === 1 ? 'Yesterday' : ''
}

// ways are the words and the digits of each way to write a time.
const ways = {
  clock: (d) => [clock(d)],
  day: (d) => [`${dayMonth(d)} ${d.getFullYear()}`],
  short: (d) => [`${nearby(d) || dayMonth(d)}, `, clock(d).slice(0, 5)],
  row: (d) => [`${nearby(d) || dayMonth(d)} `, clock(d)],
  moment: (d) => [`${dayMonth(d)} ${d.getFullYear()}, `, clock(d)],
}

function write(time) {
  const d = new Date(time.dateTime)
  if (Number.isNaN(d.getTime())) return
  time.title = `${time.dateTime} (UTC)`
  const [words, digits] = ways[time.dataset.as](d)
  time.firstChild.textContent = words
  if (digits) time.querySelector('span').textContent = digits
}

// regroup puts rows under the visitor's days: the server's are UTC's.
function regroup(box) {
  const rows = [...box.querySelectorAll('li')]
  const sections = []
  let last = ''
  for (const row of rows) {
    const d = new Date(row.querySelector('time').dateTime)
    const key = midnight(d).getTime()
    if (key !== last) sections.push(section(d))
    last = key
    sections.at(-1).querySelector('ol').append(row)
  }
  box.replaceChildren(...sections)
}

function section(d) {
  const s = document.createElement('section')
  s.className = 'day'
  const h = document.createElement('h2')
  const small = document.createElement('small')
  const near = nearby(d)
  const weekday = weekdays[d.getDay()]
  small.textContent = `${near ? weekday.slice(0, 3) + ' ' : ''}${dayMonth(d)} ${d.getFullYear()}`
  h.append((near || weekday) + ' ', small)
  const list = document.createElement('ol')
  list.className = 'rows'
  s.append(h, list)
  return s
}

// copied adds the instant behind each time in what is copied from the page.
function copied(e) {
  const selection = getSelection()
  if (!selection.rangeCount || e.target.closest?.('input, textarea')) return
  const part = selection.getRangeAt(0).cloneContents()
  const times = part.querySelectorAll('time')
  if (!times.length) return
  for (const t of times) t.append(` (${t.dateTime})`)
  const holder = document.createElement('div')
  for (const block of part.querySelectorAll('li, p, dd, dt, h2')) block.append('\n')
  holder.append(part)
  e.clipboardData.setData('text/plain', holder.textContent)
  e.preventDefault()
}

export function localTimes() {
  const zone = document.querySelector('[data-zone]')
  if (zone) {
    const minutes = -new Date().getTimezoneOffset()
    const hours = Math.abs(minutes) / 60
    zone.textContent = minutes === 0 ? 'Times are UTC' : `Times are yours (UTC${minutes < 0 ? '−' : '+'}${hours})`
  }
  document.querySelectorAll('[data-days]').forEach(regroup)
  document.querySelectorAll('time[data-as]').forEach(write)
  document.addEventListener('copy', copied)
}
