// English words for those who begin: examples, and how a program sends jobs. The keys here are the keys every language must have.

export const en = {
    examplesTitle: "Try an example", examplesText: "Small jobs that run as they are. Send one to see how it goes, or take its zip as a beginning.",
    examples: {
        ecg: ["Plot from Python", "R peaks and heart-rate variability of an electrocardiogram: a figure and two tables."],
        "eeg-octave": ["Filters in Octave", "Band-pass, notch and Welch spectrum of an EEG signal that is in the zip."],
        array: ["Array", "One program, run for each of six indices; all results come back together."],
        packages: ["Packages", "requirements.txt names a package, which is installed for this job."],
    } as Record<string, [string, string]>,
    send: "Send", sendOf: (title: string) => `Send the example ${title}`, downloadOf: (title: string) => `Download the example ${title}`,
    snippetsTitle: "From a program", copy: "Copy", copied: "Copied", clientIs: "The client is one file:", tokenIs: "NIAS_TOKEN is a token of yours, which you make on the page", tokenWhere: "Account",
    fingerprint: "Where the server made its certificate itself, a program is told its fingerprint, which comes from the administrator (fingerprint=\"AB:CD:…\"; curl: --cacert).",
};

export type StartMessages = typeof en;
