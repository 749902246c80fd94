// English. The keys here are the keys every language must have (see Messages).

import type { JobState } from "../data/api";

export const en = {
    langName: "English",
    tagline: "Send a zip with your code and data. Get your results back.",
    navHome: "Home", navUpload: "Send a job", navResults: "Results", skipToContent: "Skip to content",
    themeToDark: "Use the dark look", themeToLight: "Use the light look", switchLanguage: "Ver em português",
    live: "Live", reconnecting: "Reconnecting…",

    homeTitle: "Your code, on whichever lab machine is free.",
    homeText: "Put your Python or MATLAB/Octave program and its data in a zip and send it. It runs by itself, and the plots, tables and log come back here.",
    homeAction: "Send a job", homeRecent: "Recent jobs", homeAll: "See all",
    homeEmpty: "No jobs yet", homeEmptyText: "Send your first zip and it will show up here, with its log and results as they come.",
    queueNow: "Right now", queued: "In line", running: "Running", ended: "Ended",
    stepsTitle: "How it works",
    step1: "Zip the folder", step1Text: "One code.py, code.m or code.R, your data beside it. requirements.txt if you need packages.",
    step2: "Drop it here", step2Text: "It is checked at once. If something is off, you are told what to change.",
    step3: "Take the results", step3Text: "Whatever the program writes in output/ comes back, plots shown on the page.",

    uploadTitle: "Send a job", uploadDrop: "Drop your zips here", uploadDropNow: "Let go to send", uploadOr: "or",
    uploadPick: "Choose files", uploadHint: "One zip a job, or a single .py, .m or .R; as many as you like. Sending starts at once.",
    uploadInput: "Zip files to send", uploadList: "Sent from this page", uploadClear: "Clear the finished ones",
    uploadNotZip: (name: string) => `“${name}” is not a .zip, .py, .m or .R. Make a .zip of the folder with your code and send that.`,
    uploadEmptyFile: (name: string) => `“${name}” is empty, so it was not sent.`,
    upWaiting: "Waiting to be sent", upSending: "Sending", upChecking: "Being checked…", upAccepted: "Accepted",
    upRefused: "Not accepted", upStopped: "Stopped", upOf: (a: string, b: string) => `${a} of ${b}`,
    upLeft: (time: string) => `${time} left`, upStop: "Stop", upAgain: "Send again", upOpenJob: "Open the job",
    upEntry: "In the zip:", upMended: "Put right on the way in:", upProgress: (name: string) => `Progress of ${name}`,
    layoutRoot: "project.zip", layoutTitle: "What goes in the zip",
    layoutText: "The folder may have any name. output/ may be missing or empty.",
    layoutCode: "your program: exactly one", layoutReq: "Python packages (optional)",
    layoutData: "data, modules, anything it reads", layoutOut: "what you write here comes back",

    resultsTitle: "Results", filterState: "State", filterAll: "All", search: "Search by name",
    searchHint: "Search by name…", colName: "Job", colState: "State", colSent: "Sent", colTook: "Took", colSize: "Results",
    select: (name: string) => `Select ${name}`, selectAll: "Select all with results",
    selected: (n: number) => (n === 1 ? "1 selected" : `${n} selected`), downloadSelected: "Download selected",
    clearSelection: "Clear", resultsEmpty: "Nothing here yet", resultsEmptyText: "Send a zip and follow it from this page.",
    resultsNone: "No job matches", resultsNoneText: "Try another word or another state.",
    resetFilter: "Show all", loadMore: "Show older jobs", newJobs: "New",

    loading: "Loading…", retry: "Try again", errorUnreachable: "The server did not answer. Check your connection; this page keeps trying.",
    errorBusy: (s: number) => `The server cannot take it right now. Try again in ${s} s.`,
    errorDisk: "The server's disk is full. Tell whoever looks after it; nothing of yours was lost.",
    errorTooLarge: "The zip is larger than this server takes.",
    errorOther: (status: number) => `Something went wrong (${status}).`,
    notFoundTitle: "Nothing at this address", notFoundText: "The link may be old or mistyped.", jobNotFound: "No such job",
    jobNotFoundText: "It may have been deleted, or it is not one of yours.", goResults: "Go to the results",

    jobBack: "Results", jobCancel: "Cancel the job", jobCancelAsk: "Cancel this job? What it has written so far is kept, but it stops.",
    jobCancelYes: "Yes, cancel it", jobCancelNo: "Keep it going", jobCancelSent: "Cancelling…",
    jobDownloadAll: "Download all", jobSentAt: "Sent", jobStartedAt: "Started", jobEndedAt: "Ended",
    jobElapsed: "Elapsed", jobTook: "Took", jobWaiting: "Waiting for", jobPlace: "Place in line",
    jobPlaceIs: (n: number) => (n <= 1 ? "next in line" : `number ${n} in line`), jobAtOnce: "at once", jobWaited: (time: string) => `after ${time} in line`,
    jobTookFor: (time: string) => `after ${time}`, jobWorker: "Machine", jobAttempt: "Attempt", jobRuntime: "Runtime", jobBundle: "Zip sent",
    jobCpu: "Processor time", jobMemory: "Peak memory", jobOutput: "Results", jobExit: "Exit code", jobSignal: "Signal",
    jobWhy: "Why", jobWhatHappened: "What happened", jobNotes: "Notes", jobProgress: "Progress", jobFacts: "Details",
    jobStateNow: (state: string) => `State: ${state}`,
    logTitle: "Log", logFollow: "Follow", logFind: "Find in the log", logFindHint: "Find…",
    logMatches: (i: number, n: number) => (n === 0 ? "no match" : `${i} of ${n}`), logNext: "Next match", logPrevious: "Previous match",
    logEmptyWaiting: "The log begins when the job does.", logEmptyRunning: "Nothing printed yet.", logEmptyEnded: "The program printed nothing.",
    logCut: (n: string) => `The log is long: its last ${n} lines are shown. Download it to read the rest.`, logSave: "Download the log",
    logSaveFailed: "The log could not be fetched. Try again.",
    filesTitle: "Results", filesEmptyAlive: "Files written in output/ appear here when the job ends.",
    filesEmptyEnded: "The program left nothing in output/.", fileDownload: (name: string) => `Download ${name}`,
    fileRecord: "record of the run", fileCount: (n: number) => (n === 1 ? "1 file" : `${n} files`), figures: "Figures", tables: "Tables",
    tableFirst: (n: number) => `First ${n} rows`, openFull: "Show large", viewerClose: "Close", viewerNext: "Next", viewerPrevious: "Previous",
    tableColumns: (n: number, all: string) => `${n} of ${all} columns`, tableNone: "This table cannot be shown here; download it.", filesMore: (n: number) => `Show all ${n} files`,

    states: {
        queued: "In line", assigned: "Starting", running: "Running", succeeded: "Done", failed: "Failed",
        cancelled: "Cancelled", timed_out: "Out of time", lost: "Lost",
    } as Record<JobState, string>,
    stateText: {
        queued: "Waiting for a free machine.", assigned: "A machine has it and is getting ready.",
        running: "Running now.", succeeded: "It ran to its end.", failed: "The program stopped with an error.",
        cancelled: "It was cancelled.", timed_out: "It ran longer than its time limit and was stopped.",
        lost: "The machines running it failed too many times.",
    } as Record<JobState, string>,
    causes: {
        out_of_memory: "The program used more memory than it was allowed, so it was stopped.",
        time_limit: "The program ran longer than its time limit.", disk_quota: "The program filled the disk of its machine.",
        bad_bundle: "The zip could not be used.", environment: "The packages it asks for could not be installed.",
        fetch: "The zip could not be brought to the machine.", sandbox: "The machine could not prepare a safe place to run it.",
        worker_lost: "The machine running it stopped answering.", store: "The results could not be stored.",
        signal: "The program was stopped by the system.",
    } as Record<string, string>,

    /// Refusals by the server's code, where the language is not the server's own.
    refusals: {} as Record<string, (entry: string, detail: string) => string>,
};

export type Messages = typeof en;
