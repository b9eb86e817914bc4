// saying gives a button's form a place for what happens, which is read out, and
// keeps the button from being pressed twice meanwhile.
export function saying(form) {
  const button = form.querySelector('button:not([type]), button[type="submit"]')
  const place = document.createElement('p')
  place.className = 'said'
  place.setAttribute('role', 'status')
  button.after(place)
  const say = (text, way) => {
    place.replaceChildren(text)
    if (way) place.append(' ', link(way))
  }
  const free = () => button.removeAttribute('aria-disabled')
  // A page that comes back out of the browser's memory begins anew.
  addEventListener('pageshow', (e) => {
    if (!e.persisted) return
    free()
    say('')
  })
  return {
    say,
    free,
    // busy is true if the button was pressed before and is at work.
    busy: () => button.getAttribute('aria-disabled') === 'true',
    work(text) {
      button.setAttribute('aria-disabled', 'true')
      say(text)
    },
  }
}

function link({ to, text }) {
  const made = document.createElement('a')
  made.href = to
  made.textContent = text
  return made
}
