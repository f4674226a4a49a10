"""The institution's own texts in the demo, in the four languages: notices, compliance, disclaimer."""

from placa.domain.institution.models import Text
from placa.domain.institution.services import publish_text

NOTICE = {
    "es": (
        "Este portal contiene información de salud personal y confidencial. Úselo solo para consultar sus propios "
        "resultados o los de las personas a su cargo. Cada consulta queda registrada. Si comparte un resultado, "
        "usted responde de a quién lo entrega. Ante cualquier duda sobre un resultado, hable con su médico."
    ),
    "it": (
        "Questo portale contiene informazioni sanitarie personali e riservate. Lo usi solo per consultare i propri "
        "risultati o quelli delle persone a Suo carico. Ogni accesso viene registrato. Se condivide un risultato, "
        "è responsabile della persona a cui lo consegna. In caso di dubbi su un risultato, ne parli con il medico."
    ),
    "en": (
        "This portal holds personal and confidential health information. Use it only to see your own results or "
        "those of people in your care. Every access is recorded. If you share a result, you answer for whom you "
        "give it to. If you have any doubt about a result, talk to your doctor."
    ),
    "pt": (
        "Este portal contém informações de saúde pessoais e confidenciais. Use-o apenas para consultar os seus "
        "resultados ou os das pessoas a seu cargo. Cada acesso fica registado. Se partilhar um resultado, responde "
        "por quem o recebe. Em caso de dúvida sobre um resultado, fale com o seu médico."
    ),
}
NOTICE_DOCTOR = {
    "es": (
        "Este portal contiene información de salud de sus pacientes, protegida por el secreto profesional. "
        "Ábrala solo "
        "para atender a la persona y solo lo que necesite para ello. Cada acceso queda registrado con su nombre, y el "
        "paciente puede leerlo. No ceda su contraseña a nadie: para ausencias hay suplencias. Lo que descargue "
        "queda bajo su custodia."
    ),
    "it": (
        "Questo portale contiene informazioni sanitarie dei Suoi pazienti, protette dal segreto professionale. Le apra "
        "solo per curare la persona e solo per quanto serve. Ogni accesso viene registrato con il Suo nome, e il "
        "paziente può leggerlo. Non ceda a nessuno la Sua password: per le assenze ci sono i sostituti. Di ciò "
        "che scarica è custode Lei."
    ),
    "en": (
        "This portal holds health information of your patients, protected by professional secrecy. Open it only to care "
        "for the person, and only what you need for that. Every access is recorded with your name, and the patient can "
        "read it. Give your password to nobody: for absences there are stand-ins. What you download is in your keeping."
    ),
    "pt": (
        "Este portal contém informações de saúde dos seus pacientes, protegidas pelo sigilo profissional. "
        "Abra-as apenas "
        "para cuidar da pessoa e só o que for necessário. Cada acesso fica registado com o seu nome, e o "
        "paciente pode "
        "lê-lo. Não ceda a sua senha a ninguém: para ausências há substitutos. O que descarregar fica à sua "
        "guarda."
    ),
}
NOTICE_COMPANY = {
    "es": (
        "Este portal contiene información de salud de personas cuyos exámenes paga su empresa. Úsela solo para "
        "el fin "
        "del acuerdo con el centro y solo mientras esté vigente. Tiene deber de confidencialidad: no la "
        "comunique a quien "
        "no participe en ese fin. Cada acceso queda registrado con su nombre, y la persona puede leerlo. No ceda "
        "su contraseña a nadie."
    ),
    "it": (
        "Questo portale contiene informazioni sanitarie di persone i cui esami sono pagati dalla Sua azienda. Le "
        "usi solo "
        "per lo scopo dell'accordo con il centro e solo finché è in vigore. È tenuto alla riservatezza: non le "
        "comunichi a chi "
        "non partecipa a tale scopo. Ogni accesso viene registrato con il Suo nome, e la persona può leggerlo. "
        "Non ceda a nessuno la Sua password."
    ),
    "en": (
        "This portal holds health information of people whose exams your company pays for. Use it only for the "
        "purpose of "
        "the agreement with the centre, and only while it runs. You have a duty of confidentiality: tell it to "
        "nobody who "
        "has no part in that purpose. Every access is recorded with your name, and the person can read it. Give "
        "your password to nobody."
    ),
    "pt": (
        "Este portal contém informações de saúde de pessoas cujos exames são pagos pela sua empresa. Use-as "
        "apenas para o "
        "fim do acordo com o centro e só enquanto vigorar. Tem o dever de confidencialidade: não as comunique a quem "
        "não participe nesse fim. Cada acesso fica registado com o seu nome, e a pessoa pode lê-lo. Não ceda a "
        "sua senha a ninguém."
    ),
}
NOTICE_STAFF = {
    "es": (
        "Trabaja con información de salud de los pacientes del centro y tiene deber de secreto, también cuando "
        "deje de trabajar "
        "aquí. Abra solo lo que necesite para su tarea, nunca por curiosidad ni para otra persona. Cada acceso y "
        "cada cambio "
        "quedan registrados con su nombre y se revisan. No ceda su contraseña a nadie y cierre la sesión cuando "
        "se aleje."
    ),
    "it": (
        "Lei lavora con informazioni sanitarie dei pazienti del centro ed è tenuto al segreto, anche quando non "
        "lavorerà più "
        "qui. Apra solo ciò che serve al Suo compito, mai per curiosità né per conto di altri. Ogni accesso e "
        "ogni modifica "
        "vengono registrati con il Suo nome e controllati. Non ceda a nessuno la Sua password e chiuda la "
        "sessione quando si allontana."
    ),
    "en": (
        "You work with health information of the centre's patients and have a duty of confidentiality, also after "
        "you leave. "
        "Open only what your task needs, never out of curiosity or for somebody else. Every access and every change is "
        "recorded with your name and reviewed. Give your password to nobody, and sign out when you step away."
    ),
    "pt": (
        "Trabalha com informações de saúde dos pacientes do centro e tem o dever de sigilo, também depois de "
        "deixar de "
        "trabalhar aqui. Abra apenas o que a sua tarefa exige, nunca por curiosidade nem para outra pessoa. Cada "
        "acesso e cada "
        "alteração ficam registados com o seu nome e são revistos. Não ceda a sua senha a ninguém e termine "
        "a sessão ao afastar-se."
    ),
}
COMPLIANCE = {
    "es": (
        "Al recibir estos resultados usted es responsable de protegerlos y de usarlos correctamente. Si no es la "
        "persona destinataria, no está permitido abrirlos, copiarlos ni distribuirlos. Las decisiones médicas no "
        "deben basarse solo en estas imágenes: consulte el informe final y a su médico."
    ),
    "it": (
        "Ricevendo questi risultati Lei è responsabile della loro protezione e del loro uso corretto. Se non è il "
        "destinatario, non è consentito aprirli, copiarli o diffonderli. Le decisioni mediche non devono basarsi "
        "solo su queste immagini: consulti il referto definitivo e il medico."
    ),
    "en": (
        "By receiving these results you are responsible for protecting them and using them properly. If you are not "
        "the intended recipient you may not open, copy or distribute them. Medical decisions must not rest on these "
        "images alone: consult the final report and your doctor."
    ),
    "pt": (
        "Ao receber estes resultados, é responsável por protegê-los e utilizá-los corretamente. Se não for o "
        "destinatário, não é permitido abri-los, copiá-los ou distribuí-los. As decisões médicas não "
        "devem basear-se "
        "apenas nestas imagens: consulte o relatório final e o seu médico."
    ),
}
DISCLAIMER = {
    "es": "Revise bien el correo. Una vez compartido, el uso del resultado depende de quien lo recibe.",
    "it": "Controlli bene l'indirizzo. Una volta condiviso, l'uso del risultato dipende da chi lo riceve.",
    "en": "Check the address carefully. Once shared, the use of the result depends on whoever receives it.",
    "pt": "Verifique bem o endereço. Depois de partilhado, o uso do resultado depende de quem o recebe.",
}


def publish() -> None:
    """Publish every text, each in the four languages."""
    for kind, bodies in (
        (Text.Kind.NOTICE, NOTICE),
        (Text.Kind.NOTICE_DOCTOR, NOTICE_DOCTOR),
        (Text.Kind.NOTICE_COMPANY, NOTICE_COMPANY),
        (Text.Kind.NOTICE_STAFF, NOTICE_STAFF),
        (Text.Kind.COMPLIANCE, COMPLIANCE),
        (Text.Kind.DISCLAIMER, DISCLAIMER),
    ):
        publish_text(kind=kind, bodies=bodies)
