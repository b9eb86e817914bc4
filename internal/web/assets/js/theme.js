// Runs before the page is painted: says that there is script, and which colours
// were chosen here. Without a choice the system's hold. It also says whether
// passkeys can be used here, so that no button appears that cannot work.
const root = document.documentElement
root.classList.add('js')
if (window.isSecureContext && window.PublicKeyCredential) root.classList.add('passkeys')

let chosen = null
try {
  chosen = localStorage.getItem('theme')
} catch {
  // storage may be forbidden; then the system decides
}
const dark = chosen ? chosen === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches
root.dataset.bsTheme = dark ? 'dark' : 'light'
