// English words of accounts. The keys here are the keys every language must have (see AccountMessages).

export const en = {
    signInText: "With the account that the administrator of this server gave you.", name: "Name", password: "Password",
    signInAgain: "You were signed out. Sign in to go on.", signOut: "Sign out", signingIn: "One moment…",
    nobodyYet: "Nobody has an account here yet",
    nobodyYetText: "The server printed a link when it started: open it to become its administrator. On the server's machine, “nias setup-link” shows it again.",
    forgot: "Forgot the password? An administrator of this server can give you a link for a fresh one.",

    welcomeSetUp: "Set up this server", welcomeSetUpText: "You are its first administrator. Choose your name and a password; then invite the others.",
    welcomeJoinText: "You were invited. Choose a name and a password, and you can send your first job.",
    welcomePassword: (name: string) => `A fresh password for ${name}`, welcomePasswordText: "Every session of this account ends, and you go on here.",
    nameHint: "Letters a to z, digits, and . - _ @ between them. It stands on your jobs, and stays.",
    fullName: "Your full name (optional)", newPassword: "New password", passwordHint: "At least 10 characters. A sentence of a few words is good.",
    showPassword: "Show the password", createAccount: "Create my account", savePassword: "Save the password",
    linkGone: "This link opens nothing any more", linkGoneText: "It was used already, was withdrawn, or is too old. Ask for another.",

    role: "Role", researcher: "Researcher", administrator: "Administrator",
    byProxy: "Your lab's sign-in page lets you in; there is no password here.",
    changePassword: "Change the password", currentPassword: "Password so far", changed: "Changed. Every other session has ended.",
    sessions: "Where you are signed in", sessionsText: "A session ends after 7 days without use, and after 30 days in any case.",
    thisSession: "this one", lastUsed: (when: string) => `used ${when}`, endSession: "End it", endSessionOf: (place: string) => `End the session at ${place}`,
    tokens: "Tokens for programs", tokensText: "A program sends one in place of a password. It can do no more than its rights say.",
    tokensNone: "No tokens yet.", tokenLabel: "What is it for?", tokenRights: "It may", tokenDays: "For how long", tokenMake: "Make a token",
    days: (n: number) => (n === 1 ? "1 day" : `${n} days`), until: (date: string) => `until ${date}`, neverUsed: "never used",
    rights: { read: "look at jobs and results", submit: "send and cancel jobs", admin: "act as an administrator" } as Record<string, string>,
    tokenShown: "Copy it now: it is not shown again.", revoke: "Revoke", revokeOf: (label: string) => `Revoke ${label}`, sure: "Sure?",
    copy: "Copy", copied: "Copied", theToken: "The token", theLink: "The link",

    invite: "Invite somebody", inviteText: "You get a link for one person, good once and for seven days. Send it yourself.",
    inviteNote: "For whom? (a note for you)", inviteMake: "Make a link", linkShown: "Send this link. It is not shown again.",
    invitations: "Links not yet used", invitationFor: (note: string) => (note ? `for ${note}` : "without a note"), invitedBy: (name: string) => `by ${name}`,
    passwordFor: (name: string) => `fresh password for ${name}`, withdraw: "Withdraw", withdrawOf: (note: string) => `Withdraw the link ${note}`,
    closed: "closed", closeAccount: "Close", openAccount: "Open again", closeOf: (name: string) => `Close the account of ${name}`,
    openOf: (name: string) => `Open the account of ${name} again`, newPasswordLink: "Password link", newPasswordLinkOf: (name: string) => `Make a link for a fresh password of ${name}`,
    roleOf: (name: string) => `Role of ${name}`, since: (date: string) => `since ${date}`, you: "you",
    administratorsOnly: "Only administrators can see this page",

    everybody: "Everybody's", mine: "Mine", whose: "Whose jobs", owner: "Owner", looksAreKept: "What you look at here is written to the audit log.",

    problems: {} as Record<string, string>,
};

export type AccountMessages = typeof en;
