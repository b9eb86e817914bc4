// What script adds to pages that work without it.
import { copyButtons } from './copy.js'
import { drawCard } from './card.js'
import { hideNumber, waitOut } from './countdown.js'
import { leaveTogether } from './leave.js'
import { keepFile } from './keep.js'
import { newPasskeys } from './passkeys.js'
import { passwords } from './password.js'
import { signForms } from './sign.js'
import { signIn } from './signin.js'
import { themeButton } from './theme-button.js'
import { localTimes } from './times.js'

themeButton()
localTimes()
copyButtons()
passwords()
drawCard()
hideNumber()
waitOut()
leaveTogether()
keepFile()
signForms()
newPasskeys()
signIn()
document.querySelector('[data-focus]')?.focus()
