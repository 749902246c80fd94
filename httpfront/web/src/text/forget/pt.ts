// Portuguese words of deleting.

import type { ForgetMessages } from "./en";

export const pt: ForgetMessages = {
    remove: "Excluir", removeMany: (n) => (n === 1 ? "Excluir 1 trabalho" : `Excluir ${n} trabalhos`),
    removed: (n) => (n === 1 ? "1 trabalho foi excluído." : `${n} trabalhos foram excluídos.`),
    undo: "Desfazer", back: "Recuperar", close: "Fechar",
    jobRemoved: (when) => `Este trabalho foi excluído. Tudo o que se guarda dele será apagado ${when}.`,
    goesSoon: (when) => `Este servidor exclui trabalhos antigos, e este ${when}. Baixe o que precisar.`,
    storage: "Armazenamento", used: "Zips e resultados", jobs: "Trabalhos", alive: "Esperando e rodando",
    of: (used, bound) => `${used} de ${bound}`,
    keeps: (days) => (days === 1 ? "Trabalhos são excluídos um dia depois do fim." : `Trabalhos são excluídos ${days} dias depois do fim.`),
    usedByAll: "Armazenamento de todos",
    deletedChip: "Excluídos", deletedNone: "Nada foi excluído há pouco", deletedNoneText: "Os trabalhos que você exclui ficam listados aqui enquanto podem ser recuperados.",
    deletedText: "Estes ainda podem ser recuperados, com o log e os resultados.", deletedAgo: (ago) => `excluído ${ago}`,
    goesIn: (time) => `apagado de vez em ${time}`, goesNow: "prestes a ser apagado de vez", backOf: (name) => `Recuperar ${name}`,
    backMany: (n) => `Recuperar todos os ${n}`, tooLate: (n) => (n === 1 ? "1 trabalho já tinha sido apagado de vez." : `${n} trabalhos já tinham sido apagados de vez.`),
};
