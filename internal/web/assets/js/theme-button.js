const root = document.documentElement
const system = matchMedia('(prefers-color-scheme: dark)')

function remember(mode) {
  try {
    // The system's own choice is followed, not remembered.
    if ((mode === 'dark') === system.matches) localStorage.removeItem('theme')
    else localStorage.setItem('theme', mode)
  } catch {
    // storage may be forbidden; the choice then lasts for this page
  }
}

function chosen() {
  try {
    return localStorage.getItem('theme')
  } catch {
    return null
  }
}

export function themeButton() {
  const button = document.querySelector('[data-theme-toggle]')
  if (!button) return
  const show = (mode) => {
    root.dataset.bsTheme = mode
    const text = mode === 'dark' ? 'Use light colours' : 'Use dark colours'
    button.querySelector('[data-word]').textContent = text
    button.title = text
  }
  show(root.dataset.bsTheme)
  button.addEventListener('click', () => {
    const mode = root.dataset.bsTheme === 'dark' ? 'light' : 'dark'
    remember(mode)
    show(mode)
  })
  system.addEventListener('change', () => {
    if (!chosen()) show(system.matches ? 'dark' : 'light')
  })
}
