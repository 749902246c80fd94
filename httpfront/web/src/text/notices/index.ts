// The words of notices, in the language of the page.

import { useSpeech } from "..";
import { en, type NoticeMessages } from "./en";
import { pt } from "./pt";

export function useNoticeWords(): NoticeMessages {
    return useSpeech().language === "pt" ? pt : en;
}
