"""The institution's own texts in the demo, in the four languages: notice, compliance, disclaimer."""

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
        "destinatário, não é permitido abri-los, copiá-los ou distribuí-los. As decisões médicas não devem basear-se "
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
    """Publish the three texts, each in the four languages."""
    for kind, bodies in (
        (Text.Kind.NOTICE, NOTICE),
        (Text.Kind.COMPLIANCE, COMPLIANCE),
        (Text.Kind.DISCLAIMER, DISCLAIMER),
    ):
        publish_text(kind=kind, bodies=bodies)
