// Portuguese words of arrays and trials.

import type { ArrayMessages } from "./en";

export const pt: ArrayMessages = {
    title: "Membros", badge: "série", trial: "teste", memberOf: (index) => `Membro ${index}`, whole: "Para a série inteira",
    of: (ended, all) => `${ended} de ${all} terminaram`, missing: (n) => `${n} membros ainda não estão na fila: entram assim que o servidor os aceitar.`,
    grid: "Todos os membros; a cor diz o estado", cell: (index, state) => `${index}: ${state}`, filter: "Estado dos membros", all: "Todos",
    colIndex: "Índice", colState: "Estado", colWhy: "Por quê", colTook: "Levou", colSize: "Resultados", more: "Mostrar mais membros", none: "Nenhum membro está neste estado.",
    cancelAsk: "Cancelar a série inteira? Os membros que terminaram ficam com seus resultados.", rerunFailed: (n) => (n === 1 ? "Executar de novo o que falhou" : `Executar de novo os ${n} que falharam`),
    download: "Baixar tudo, uma pasta para cada", fetchFailed: "Não foi possível buscar os membros; a página continua tentando.",
    trialText: "Isto é um teste: no máximo um minuto, antes da execução longa.", runWhole: "Executar de verdade",
    asksTitle: "Como executar", asksArray: "Uma vez para cada um destes índices (opcional)", asksArrayHint: "como 1-100 ou 1-10,20,30-50:5; o programa lê NIAS_ARRAY_INDEX",
    asksTrial: "Primeiro como teste", asksTrialHint: "no máximo um minuto, na fila curta; de uma série, o primeiro membro",
    asked: (indices) => `série ${indices}`,
};
