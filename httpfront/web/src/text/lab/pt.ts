// As palavras das páginas do laboratório, em português.

import type { LabMessages } from "./en";

export const pt: LabMessages = {
    machinesTitle: "Máquinas", machinesText: "Os computadores que executam os trabalhos deste laboratório.",
    machinesNone: "Nenhuma máquina está conectada", machinesNoneText: "Os trabalhos esperam na fila até que haja uma. No servidor, “nias up” inicia uma; docs/pt/administrar.md diz como outro computador entra.",
    slotsInUse: (used, all) => `${used} de ${all} vagas em uso`, slots: "Vagas", load: "Carga", memory: "Memória", runsWhat: "Executa", version: "Versão",
    address: "Endereço", host: "Computador", labels: "Etiquetas", onServer: "na máquina do servidor", graphics: "GPUs", runningHere: "Executando aqui",
    loadOf: (load, cpus) => `${load} de ${cpus} ${cpus === 1 ? "processador" : "processadores"}`, given: (n) => (n === 1 ? "mais 1 entregue, não começou" : `mais ${n} entregues, não começaram`),
    total: (ready, all) => `${ready} de ${all} aceitam trabalhos`, nothingRuns: "Nada está sendo executado aqui.", othersRun: (n) => (n === 1 ? "1 trabalho de outra pessoa" : `${n} trabalhos de outras pessoas`),
    since: (when) => `desde ${when}`, gone: (n) => (n === 1 ? "1 máquina que saiu ou foi recusada" : `${n} máquinas que saíram ou foram recusadas`),
    clockAhead: (time) => `O relógio dela está ${time} adiantado.`, clockBehind: (time) => `O relógio dela está ${time} atrasado.`,
    pause: "Suspender", drain: "Esvaziar", resume: "Reativar", pauseOf: (name) => `Suspender ${name}`, drainOf: (name) => `Esvaziar ${name}`, resumeOf: (name) => `Reativar ${name}`,
    pauseAsk: (name) => `Suspender ${name}? Ela não recebe mais nada e fica com o que tem.`, drainAsk: (name) => `Esvaziar ${name}? O que não começou nela vai para outras máquinas, e o que está em execução termina nela.`,
    resumeAsk: (name) => `Reativar ${name}? Ela volta a receber trabalhos.`, reason: "Por quê? (para quem olhar aqui)", notNow: "Agora não", stale: (when) => `Situação de ${when}: o servidor não responde.`,
    queueTitle: "Fila", queueTotal: "Total", queueReady: "Prontos (na fila)", queueUnacknowledged: "Não confirmados (nas máquinas)",
    curvesTime: "Hora", curvesTitle: "Ao longo do tempo", curvesNone: "Nada foi contado nesse período ainda.", curvesHint: "O máximo de cada intervalo. Arraste sobre o gráfico para ver de perto; clique duas vezes para ver tudo.",
    curvesLabel: (ready, running) => `Curvas da fila: no máximo ${ready} na fila e ${running} nas máquinas`, span: "Até quando olhar",
    spans: { hour: "1 hora", day: "1 dia", week: "7 dias" },
    waitingTitle: "Quem espera", nobodyWaits: "Ninguém espera", nobodyWaitsText: "Um trabalho enviado começa logo, se houver uma máquina pronta em que ele caiba.", noneOfYours: "Nenhum trabalho seu está esperando.",
    moreOfYours: (n) => (n === 1 ? "e mais 1 seu" : `e mais ${n} seus`), othersWait: (n) => (n === 1 ? "1 trabalho de outra pessoa também espera." : `${n} trabalhos de outras pessoas também esperam.`),
    membersRun: (n) => `${n} membros`, membersWait: (n, all) => `${n} de ${all} esperam`, membersWaiting: (name) => `Membros de ${name} que esperam`,
    likelyIn: (time) => `provavelmente em cerca de ${time}`,
    states: {
        ready: "Pronta", suspect: "Sem notícia", paused: "Suspensa", draining: "Esvaziando", silent: "Sem responder", lost: "Perdida", stopped: "Desligada", revoked: "Chave revogada", refused: "Recusada",
    },
};
