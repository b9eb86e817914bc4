const ticking = (until, step) => {
  const run = () => {
    const left = Math.max(0, Math.ceil((until - Date.now()) / 1000))
    step(left)
    if (left === 0) clearInterval(timer)
  }
  const timer = setInterval(run, 250)
  run()
}

// warning is how many seconds before the end it is said once more.
const warning = 10

// hideNumber takes a shown number off the page when its time is over: out of
// the text, off the drawn card, and out of reach of the copy button. What is
// read out is said three times, not every second.
export function hideNumber() {
  const box = document.querySelector('[data-hide]')
  if (!box) return
  const total = Number(box.dataset.hide)
  const ticks = box.querySelector('[data-ticks]')
  const left = box.querySelector('[data-left]')
  const aloud = box.querySelector('[data-aloud]')
  const say = (text) => { if (aloud.textContent !== text) aloud.textContent = text }
  const hide = () => {
    for (const secret of document.querySelectorAll('[data-secret]')) secret.textContent = secret.dataset.secret || '••••'
    document.querySelector('.face[data-open]')?.removeAttribute('data-open')
    box.querySelector('[data-copy]')?.remove()
    const again = box.querySelector('[data-again]')
    if (again) again.textContent = 'Back to the card'
    const over = box.querySelector('[data-over]')
    if (over) over.hidden = false
    box.querySelector('.hides').textContent = 'The number is hidden again.'
    say('The number is hidden again.')
    ticks.setAttribute('d', 'M0 5')
  }
  let warned = false
  say(`The number is shown for ${total} seconds.`)
  ticking(Date.now() + total * 1000, (seconds) => {
    left.textContent = `in ${seconds} s`
    ticks.setAttribute('d', `M0 5h${(seconds / total) * ticks.dataset.ticks}`)
    if (seconds <= warning && !warned) say(`The number is hidden in ${seconds} seconds.`)
    warned ||= seconds <= warning
    if (seconds === 0) hide()
  })
  // A page that comes back out of the browser's memory must not bring it back.
  addEventListener('pagehide', hide)
}

const clock = (s) => `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`

// waitOut counts down to when trying again makes sense.
export function waitOut() {
  const box = document.querySelector('[data-wait]')
  if (!box) return
  const again = document.querySelector('[data-when]')
  const word = again?.textContent
  const bar = box.querySelector('progress')
  ticking(Date.parse(box.dataset.wait), (seconds) => {
    box.querySelector('[data-left]').textContent = clock(seconds)
    bar.value = Math.max(0, bar.max - seconds)
    if (!again) return
    again.textContent = seconds ? `${word} in ${clock(seconds)}` : word
    if (seconds) again.setAttribute('aria-disabled', 'true')
    else again.removeAttribute('aria-disabled')
  })
}
