package securitymd

// item is one thing that must hold. Its tests are named TestS<number>_<what>.
type item struct {
	number int
	area   string
	holds  string
}

// items are numbered for ever: a number is not used again.
var items = []item{
	{1, "Sign-in", "One valid code, recovery code, magic link, challenge or OAuth state, sent 50 times in parallel, makes exactly one session."},
	{2, "Sign-in", "Parallel wrong guesses never exceed the budget; a new challenge does not reset the account's counter, success does."},
	{3, "Sign-in", "Lockout by account and by address (/64, mapped IPv4 normalised); X-Forwarded-For counts from trusted proxies only; at most 100 failures in a row."},
	{4, "Sign-in", "Login, sign-up, reset, resend and e-mail change answer alike in status, body, headers and time, whether the account exists, is disabled or is social only."},
	{5, "Sign-in", "Refresh tokens rotate: the one before is tolerated, an older one ends the session, a forged one is refused, parallel use gives one successor."},
	{6, "Sign-in", "Reset and recovery do not pass by the second factor; a new password needs the old one, offers to end other sessions and is announced."},
	{7, "Sign-in", "A TOTP step works once; an unverified enrolment gates nothing; seeds are sealed at rest."},
	{8, "Sign-in", "Codes are stored as HMAC with a pepper, live 10 minutes at most and are bound to purpose and request; a dump of the database holds no code, token, key or seed in clear."},
	{9, "Sign-in", "OIDC: identity is issuer and subject; an unverified address never links by itself; nonce, state, PKCE S256, exact redirects, listed algorithms."},
	{10, "Sign-in", "API keys are hashed and prefixed, hold no more than their owner's rights, cannot make keys or change factors, and die when an account is taken back."},
	{11, "Sign-in", "A change of e-mail is confirmed on both addresses; look-alike letters are normalised before comparing."},
	{12, "Sign-in", "Sessions have 128 random bits or more, rotate at login and step-up, expire when idle and absolutely, can be listed and revoked; a deleted user's die at once."},
	{13, "Sign-in", "Passwords: 12 characters by default, 64 and more accepted, no composition rules, no truncation, Argon2id, a block list and a breach check with a stated failure mode."},
	{14, "Access", "A generated matrix of role, permission and owner; the default is to deny, an unknown permission is an error."},
	{15, "Access", "Every method of a store answers another user's id with not found; a query on users' rows without an owner fails."},
	{16, "Access", "Revocation works on the next call in the same process and within a second in others; a process that is behind denies; acts that move money read the database."},
	{17, "Access", "A user cannot set role, tier, balance or verification through a request body."},
	{18, "Secrets", "A sealed value moved to another row, user, version or kind does not open, nor does one with a flipped or missing byte."},
	{19, "Secrets", "Keys rotate under load, survive a crash midway and resume; retired keys stay as long as a backup needs them, and such a restore is tested."},
	{20, "Secrets", "A secret never appears in logs, errors, JSON, panics, formatted output or HTTP; its buffer is zeroed after use."},
	{21, "Secrets", "Nothing is unsealed without an audit row in the same transaction; the chain verifies and shows tampering."},
	{22, "Secrets", "A venue key that can withdraw is refused; when its rights widen later the account is suspended and the user told."},
	{23, "Billing", "Entries sum to zero per asset and transaction, balances are the fold of entries, and none is negative where forbidden, under 50 concurrent spends."},
	{24, "Billing", "The same idempotency key and body give the same result, another body a conflict, a crash between steps exactly one effect."},
	{25, "Billing", "Webhooks with a bad signature, too old, doubled, out of order or unknown are handled rightly; two racing deliveries have one effect."},
	{26, "Billing", "A limit of one and 20 concurrent creations make exactly one."},
	{27, "Billing", "Referrals: oneself, a cycle, a second referrer, a refund and the cap."},
	{28, "Billing", "Proration sums to the whole, up and down, over clock changes and month ends."},
	{29, "Messages and content", "The outbox doubles at most once after a crash, does not retry what is permanent, and sends nothing of a rolled-back transaction."},
	{30, "Messages and content", "Templates escape HTML, headers take no injection, links go to the configured origin, and no secret stays after sending."},
	{31, "Messages and content", "Markdown from users runs no script; attachments are checked for type and size; internal notes never reach a user's response."},
	{32, "Operations", "No default account; two platforms live in one process; no goroutine leaks; a panic in a handler or worker is contained; shutdown keeps its deadline."},
	{33, "Operations", "A migration that fails midway can run again, two processes at once run it once, every released schema reaches the present one, alike on both databases."},
	{34, "Operations", "Cross-origin writes are refused; cookies are __Host-, Secure, HttpOnly and SameSite; answers are not stored; bodies and times are bounded."},
	{35, "Operations", "URLs given by users reach no private address, directly, by redirect or by DNS."},
	{36, "Custody", "A venue key is replaced only for the same venue account; unresolved intents are asked with either key; the old one goes when none is left."},
	{37, "Custody", "Rights that cannot be read are unproven, shown and limited, never taken as harmless; they are read at every grant."},
	{38, "Custody", "A live account needs the venue's IP restriction by default; switching that off is audited."},
	{39, "Custody", "The audit chain is a MAC chain with checkpoints outside the database: truncation, rollback and rewriting are detected."},
	{40, "Custody", "One command seals every key, lists them for revocation at the venues and tells the users; timed with 10,000 keys."},
	{41, "Custody", "The process that serves the web holds no key that opens: its memory and disk open nothing when the signer is apart."},
	{42, "Custody", "The signer signs order, cancel and query requests only, within instruments, notional and price; it cannot sign a transfer; grants die within a second or fail closed."},
}
