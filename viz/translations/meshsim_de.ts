<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="de" sourcelanguage="en">
<context>
    <name>Charts</name>
    <message>
        <source>No policy concerns these flows.</source>
        <translation>Keine Richtlinie betrifft diese Flüsse.</translation>
    </message>
    <message>
        <source>There are no flows.</source>
        <translation>Es gibt keine Flüsse.</translation>
    </message>
    <message>
        <source>Not simulated. Run &gt; Simulate (F6) runs the traffic of the scenario.</source>
        <translation>Nicht simuliert. Lauf &gt; Simulieren (F6) spielt den Verkehr des Szenarios durch.</translation>
    </message>
    <message>
        <source>Enforcement</source>
        <translation>Durchsetzung</translation>
    </message>
    <message>
        <source>Policy decisions by enforcement point</source>
        <translation>Entscheidungen der Richtlinien nach Durchsetzungspunkt</translation>
    </message>
    <message>
        <source>Paths</source>
        <translation>Wege</translation>
    </message>
    <message>
        <source>Each policy on each kind of path</source>
        <translation>Jede Richtlinie auf jeder Art von Weg</translation>
    </message>
    <message>
        <source>Telemetry</source>
        <translation>Telemetrie</translation>
    </message>
    <message>
        <source>Which path emits which signal</source>
        <translation>Welcher Weg welches Signal abgibt</translation>
    </message>
    <message>
        <source>Verdicts</source>
        <translation>Urteile</translation>
    </message>
    <message>
        <source>Verdicts before and after the change</source>
        <translation>Urteile vor und nach der Änderung</translation>
    </message>
    <message>
        <source>Flips</source>
        <translation>Wechsel</translation>
    </message>
    <message>
        <source>From which verdict to which</source>
        <translation>Von welchem Urteil zu welchem</translation>
    </message>
    <message>
        <source>Latency</source>
        <translation>Latenz</translation>
    </message>
    <message>
        <source>How long requests take, as a distribution</source>
        <translation>Wie lange Anfragen dauern, als Verteilung</translation>
    </message>
    <message>
        <source>Over time</source>
        <translation>Im Verlauf</translation>
    </message>
    <message>
        <source>How long requests take, over the simulated time</source>
        <translation>Wie lange Anfragen dauern, über die simulierte Zeit</translation>
    </message>
    <message>
        <source>Time</source>
        <translation>Zeit</translation>
    </message>
    <message>
        <source>What the time of a request is spent on</source>
        <translation>Womit die Zeit einer Anfrage vergeht</translation>
    </message>
    <message>
        <source>Hops</source>
        <translation>Hops</translation>
    </message>
    <message>
        <source>The time on each hop</source>
        <translation>Die Zeit auf jedem Hop</translation>
    </message>
    <message>
        <source>Reporters</source>
        <translation>Melder</translation>
    </message>
    <message>
        <source>Who reports how many requests, over the simulated time</source>
        <translation>Wer wie viele Anfragen meldet, über die simulierte Zeit</translation>
    </message>
    <message>
        <source>Load</source>
        <translation>Last</translation>
    </message>
    <message>
        <source>How busy the proxies are</source>
        <translation>Wie ausgelastet die Proxys sind</translation>
    </message>
</context>
<context>
    <name>EdgeLayer</name>
    <message>
        <source>skips %1</source>
        <translation>übergeht %1</translation>
    </message>
</context>
<context>
    <name>Inspector</name>
    <message>
        <source>receives %1 on port %2</source>
        <translation>empfängt %1 auf Port %2</translation>
    </message>
    <message>
        <source>sends %1 to port %2</source>
        <translation>sendet %1 an Port %2</translation>
    </message>
    <message>
        <source>from a peer without identity</source>
        <translation>von einer Gegenstelle ohne Identität</translation>
    </message>
    <message>
        <source>without identity</source>
        <translation>ohne Identität</translation>
    </message>
    <message>
        <source>from %1</source>
        <translation>von %1</translation>
    </message>
    <message>
        <source>as %1</source>
        <translation>als %1</translation>
    </message>
    <message>
        <source>Policies considered</source>
        <translation>Geprüfte Richtlinien</translation>
    </message>
    <message>
        <source>None concerns this destination.</source>
        <translation>Keine betrifft dieses Ziel.</translation>
    </message>
    <message>
        <source>at %1 %2</source>
        <translation>an %1 %2</translation>
    </message>
    <message>
        <source>Rule %1 came nearest: %2</source>
        <translation>Regel %1 kam am nächsten: %2</translation>
    </message>
    <message>
        <source>Routes considered</source>
        <translation>Geprüfte Routen</translation>
    </message>
    <message>
        <source>chosen</source>
        <translation>gewählt</translation>
    </message>
    <message>
        <source>passed over</source>
        <translation>übergangen</translation>
    </message>
    <message>
        <source>Telemetry emitted</source>
        <translation>Abgegebene Telemetrie</translation>
    </message>
    <message>
        <source>Lost, compared with an all-sidecar mesh</source>
        <translation>Verloren gegenüber einem Mesh nur aus Sidecars</translation>
    </message>
    <message>
        <source>, HTTP %1</source>
        <translation>, HTTP %1</translation>
    </message>
    <message>
        <source>, gRPC %1</source>
        <translation>, gRPC %1</translation>
    </message>
    <message>
        <source> for %1 % of the requests</source>
        <translation> für %1 % der Anfragen</translation>
    </message>
    <message>
        <source>Denied by %1 %2: %3</source>
        <translation>Abgelehnt von %1 %2: %3</translation>
    </message>
    <message>
        <source>no rule lets it pass</source>
        <translation>keine Regel lässt sie durch</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>Weg</translation>
    </message>
    <message>
        <source>No proxy on the way.</source>
        <translation>Kein Proxy auf dem Weg.</translation>
    </message>
    <message>
        <source>reaches</source>
        <translation>erreicht</translation>
    </message>
    <message>
        <source>meant for</source>
        <translation>bestimmt für</translation>
    </message>
    <message>
        <source>none</source>
        <translation>keine</translation>
    </message>
    <message>
        <source>, by the label of the %1</source>
        <translation>, durch das Label des Objekts %1</translation>
    </message>
    <message>
        <source>not bound</source>
        <translation>nicht gebunden</translation>
    </message>
    <message>
        <source>Summary</source>
        <translation>Zusammenfassung</translation>
    </message>
    <message>
        <source>for %1 clients</source>
        <translation>für Clients: %1</translation>
    </message>
    <message>
        <source>How to read the graph</source>
        <translation>Wie man den Graphen liest</translation>
    </message>
    <message>
        <source>a policy was enforced, and it passed</source>
        <translation>eine Richtlinie wurde durchgesetzt und ließ durch</translation>
    </message>
    <message>
        <source>dashed: passed, and a policy that acts on other clients was bypassed</source>
        <translation>gestrichelt: durchgelassen, und eine Richtlinie, die für andere Clients gilt, wurde umgangen</translation>
    </message>
    <message>
        <source>passed a policy that has no effect</source>
        <translation>kam an einer Richtlinie vorbei, die nicht wirkt</translation>
    </message>
    <message>
        <source>refused here</source>
        <translation>hier abgewiesen</translation>
    </message>
    <message>
        <source>reset or unreachable</source>
        <translation>abgebrochen oder nicht erreichbar</translation>
    </message>
    <message>
        <source>unknown: something that could decide is not evaluated</source>
        <translation>unbekannt: etwas, das entscheiden könnte, wird nicht ausgewertet</translation>
    </message>
    <message>
        <source>A double line is HBONE, a single one mTLS, a thin one plaintext. A ring is an ambient pod, a dot one with a sidecar, a dashed circle one without proxy.</source>
        <translation>Eine doppelte Linie ist HBONE, eine einfache mTLS, eine dünne Klartext. Ein Ring ist ein Ambient-Pod, ein Punkt einer mit Sidecar, ein gestrichelter Kreis einer ohne Proxy.</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>Fluss</translation>
    </message>
    <message>
        <source>Changed</source>
        <translation>Geändert</translation>
    </message>
    <message>
        <source>%1: expected %2, got %3</source>
        <translation>%1: erwartet %2, ist %3</translation>
    </message>
    <message>
        <source>What</source>
        <translation>Was</translation>
    </message>
    <message>
        <source>Mode</source>
        <translation>Modus</translation>
    </message>
    <message>
        <source>Identity</source>
        <translation>Identität</translation>
    </message>
    <message>
        <source>Pods</source>
        <translation>Pods</translation>
    </message>
    <message>
        <source>Service</source>
        <translation>Service</translation>
    </message>
    <message>
        <source>Waypoint of the Service</source>
        <translation>Waypoint des Service</translation>
    </message>
    <message>
        <source>Waypoint</source>
        <translation>Waypoint</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>Labels</translation>
    </message>
    <message>
        <source>Written in</source>
        <translation>Steht in</translation>
    </message>
    <message>
        <source>Host</source>
        <translation>Host</translation>
    </message>
    <message>
        <source>Endpoints</source>
        <translation>Endpunkte</translation>
    </message>
    <message>
        <source>Class</source>
        <translation>Klasse</translation>
    </message>
    <message>
        <source>Serves</source>
        <translation>Bedient</translation>
    </message>
    <message>
        <source>Ready</source>
        <translation>Bereit</translation>
    </message>
    <message>
        <source>yes</source>
        <translation>ja</translation>
    </message>
    <message>
        <source>no</source>
        <translation>nein</translation>
    </message>
    <message>
        <source>Flows that should meet it and do not</source>
        <translation>Flüsse, die hier vorbeikommen müssten und es nicht tun</translation>
    </message>
    <message>
        <source>Flows</source>
        <translation>Flüsse</translation>
    </message>
    <message>
        <source>Namespace</source>
        <translation>Namensraum</translation>
    </message>
    <message>
        <source>Workloads</source>
        <translation>Workloads</translation>
    </message>
    <message>
        <source>Policies</source>
        <translation>Richtlinien</translation>
    </message>
    <message>
        <source>Connection</source>
        <translation>Verbindung</translation>
    </message>
    <message>
        <source>Traffic</source>
        <translation>Verkehr</translation>
    </message>
    <message>
        <source>Transport</source>
        <translation>Transport</translation>
    </message>
    <message>
        <source>Skips</source>
        <translation>Übergeht</translation>
    </message>
    <message>
        <source>Edit</source>
        <translation>Bearbeiten</translation>
    </message>
    <message>
        <source>Disable</source>
        <translation>Abschalten</translation>
    </message>
    <message>
        <source>For clients</source>
        <translation>Für Clients</translation>
    </message>
    <message>
        <source>At</source>
        <translation>An</translation>
    </message>
    <message>
        <source>No flow meets it.</source>
        <translation>Kein Fluss trifft sie.</translation>
    </message>
    <message>
        <source>Flows it concerns</source>
        <translation>Betroffene Flüsse</translation>
    </message>
</context>
<context>
    <name>NodeItem</name>
    <message numerus="yes">
        <source>↷ %n flow(s) skip it</source>
        <translation>
            <numerusform>↷ %n Fluss übergeht ihn</numerusform>
            <numerusform>↷ %n Flüsse übergehen ihn</numerusform>
        </translation>
    </message>
    <message>
        <source>changed</source>
        <translation>geändert</translation>
    </message>
</context>
<context>
    <name>QObject</name>
    <message>
        <source>The change took too long.</source>
        <translation>Die Änderung hat zu lange gedauert.</translation>
    </message>
    <message>
        <source>The scenario took too long.</source>
        <translation>Das Szenario hat zu lange gedauert.</translation>
    </message>
    <message>
        <source>The simulation took too long.</source>
        <translation>Die Simulation hat zu lange gedauert.</translation>
    </message>
    <message>
        <source>%1 needs an open scenario.</source>
        <translation>%1 braucht ein offenes Szenario.</translation>
    </message>
    <message>
        <source>There is no view %1; there are %2.</source>
        <translation>Es gibt keine Ansicht %1; es gibt %2.</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2</source>
        <translation>%1 kann nicht geschrieben werden: %2</translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message>
        <source> (refused)</source>
        <translation> (abgewiesen)</translation>
    </message>
    <message>
        <source> (answered)</source>
        <translation> (beantwortet)</translation>
    </message>
    <message>
        <source>Policy decisions by enforcement point</source>
        <translation>Entscheidungen der Richtlinien nach Durchsetzungspunkt</translation>
    </message>
    <message>
        <source>flows</source>
        <translation>Flüsse</translation>
    </message>
    <message>
        <source>at no point</source>
        <translation>an keinem Punkt</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n Fluss</numerusform>
            <numerusform>%n Flüsse</numerusform>
        </translation>
    </message>
    <message>
        <source>Policies on each kind of path</source>
        <translation>Richtlinien auf jeder Art von Weg</translation>
    </message>
    <message>
        <source>policy</source>
        <translation>Richtlinie</translation>
    </message>
    <message numerus="yes">
        <source>%n kind(s) of path</source>
        <translation>
            <numerusform>%n Art von Weg</numerusform>
            <numerusform>%n Arten von Wegen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n cell(s)</source>
        <translation>
            <numerusform>%n Zelle</numerusform>
            <numerusform>%n Zellen</numerusform>
        </translation>
    </message>
    <message>
        <source>Telemetry coverage</source>
        <translation>Abdeckung der Telemetrie</translation>
    </message>
    <message>
        <source>path</source>
        <translation>Weg</translation>
    </message>
    <message>
        <source>requests, source</source>
        <translation>Anfragen, Quelle</translation>
    </message>
    <message>
        <source>requests, destination</source>
        <translation>Anfragen, Ziel</translation>
    </message>
    <message>
        <source>requests, waypoint</source>
        <translation>Anfragen, Waypoint</translation>
    </message>
    <message>
        <source>TCP, source</source>
        <translation>TCP, Quelle</translation>
    </message>
    <message>
        <source>TCP, destination</source>
        <translation>TCP, Ziel</translation>
    </message>
    <message>
        <source>access log</source>
        <translation>Zugriffslog</translation>
    </message>
    <message>
        <source>spans</source>
        <translation>Spans</translation>
    </message>
    <message>
        <source>nothing lost</source>
        <translation>nichts verloren</translation>
    </message>
    <message>
        <source>Verdicts before and after</source>
        <translation>Urteile vorher und nachher</translation>
    </message>
    <message>
        <source>Verdicts</source>
        <translation>Urteile</translation>
    </message>
    <message>
        <source>before</source>
        <translation>vorher</translation>
    </message>
    <message>
        <source>after</source>
        <translation>nachher</translation>
    </message>
    <message>
        <source>From verdict to verdict</source>
        <translation>Von Urteil zu Urteil</translation>
    </message>
    <message>
        <source>before \ after</source>
        <translation>vorher \ nachher</translation>
    </message>
    <message>
        <source>Latency distribution</source>
        <translation>Verteilung der Latenz</translation>
    </message>
    <message>
        <source>latency, ms</source>
        <translation>Latenz, ms</translation>
    </message>
    <message>
        <source>share of requests</source>
        <translation>Anteil der Anfragen</translation>
    </message>
    <message>
        <source>Latency over time</source>
        <translation>Latenz im Verlauf</translation>
    </message>
    <message>
        <source>simulated time, s</source>
        <translation>simulierte Zeit, s</translation>
    </message>
    <message>
        <source>Where the time goes</source>
        <translation>Wohin die Zeit geht</translation>
    </message>
    <message>
        <source>ms per request, mean</source>
        <translation>ms je Anfrage, Mittel</translation>
    </message>
    <message>
        <source>Time on each hop</source>
        <translation>Zeit auf jedem Hop</translation>
    </message>
    <message>
        <source>waiting</source>
        <translation>Warten</translation>
    </message>
    <message>
        <source>serving</source>
        <translation>Bedienen</translation>
    </message>
    <message>
        <source>Requests by reporter</source>
        <translation>Anfragen nach Melder</translation>
    </message>
    <message>
        <source>requests/s</source>
        <translation>Anfragen/s</translation>
    </message>
    <message>
        <source>nobody</source>
        <translation>niemand</translation>
    </message>
    <message>
        <source>not known</source>
        <translation>nicht bekannt</translation>
    </message>
    <message>
        <source>some requests are reported by nobody</source>
        <translation>manche Anfragen meldet niemand</translation>
    </message>
    <message>
        <source>every request is reported by somebody</source>
        <translation>jede Anfrage wird von jemandem gemeldet</translation>
    </message>
    <message>
        <source>; who reports those that met a change half way is not known</source>
        <translation>; wer die meldet, die unterwegs auf eine Änderung trafen, ist nicht bekannt</translation>
    </message>
    <message>
        <source>How busy the proxies are</source>
        <translation>Wie ausgelastet die Proxys sind</translation>
    </message>
    <message>
        <source>share of the workers&apos; time, %</source>
        <translation>Anteil der Zeit der Worker, %</translation>
    </message>
    <message>
        <source>simulated</source>
        <translation>simuliert</translation>
    </message>
    <message>
        <source>by the traffic equations</source>
        <translation>nach den Verkehrsgleichungen</translation>
    </message>
    <message>
        <source>capacity</source>
        <translation>Kapazität</translation>
    </message>
    <message>
        <source>no proxy</source>
        <translation>kein Proxy</translation>
    </message>
    <message>
        <source>something is missing at the end</source>
        <translation>am Ende fehlt etwas</translation>
    </message>
    <message>
        <source>a parenthesis is not closed</source>
        <translation>eine Klammer ist nicht geschlossen</translation>
    </message>
    <message>
        <source>clients outside the cluster</source>
        <translation>Clients außerhalb des Clusters</translation>
    </message>
    <message>
        <source>not among the objects</source>
        <translation>nicht unter den Objekten</translation>
    </message>
    <message>
        <source>no such service</source>
        <translation>kein solcher Service</translation>
    </message>
    <message>
        <source>outside the mesh</source>
        <translation>außerhalb des Mesh</translation>
    </message>
    <message>
        <source>not in the mesh</source>
        <translation>nicht im Mesh</translation>
    </message>
    <message>
        <source>sidecar, legacy</source>
        <translation>Sidecar, alt</translation>
    </message>
    <message>
        <source>, not yet redirected</source>
        <translation>, noch nicht umgeleitet</translation>
    </message>
    <message>
        <source>east-west gateway</source>
        <translation>Ost-West-Gateway</translation>
    </message>
    <message>
        <source>gateway</source>
        <translation>Gateway</translation>
    </message>
    <message>
        <source>, not ready</source>
        <translation>, nicht bereit</translation>
    </message>
    <message>
        <source>{}; past a bypassed policy: {}</source>
        <translation>{}; an einer umgangenen Richtlinie vorbei: {}</translation>
    </message>
    <message numerus="yes">
        <source>%n enforcement point(s)</source>
        <translation>
            <numerusform>%n Durchsetzungspunkt</numerusform>
            <numerusform>%n Durchsetzungspunkte</numerusform>
        </translation>
    </message>
    <message>
        <source>{} {}</source>
        <translation>{} {}</translation>
    </message>
    <message>
        <source>{}{}: {} flows</source>
        <translation>{}{}: {} Flüsse</translation>
    </message>
    <message>
        <source>{} on {}; bypassed or open: {}</source>
        <translation>{}, {}; umgangen oder offen: {}</translation>
    </message>
    <message numerus="yes">
        <source>%n policy(s)</source>
        <translation>
            <numerusform>%n Richtlinie</numerusform>
            <numerusform>%n Richtlinien</numerusform>
        </translation>
    </message>
    <message>
        <source>{:.0f} %</source>
        <translation>{:.0f} %</translation>
    </message>
    <message>
        <source>{}: {} of {:.4g} flows</source>
        <translation>{}: {} von {:.4g} Flüssen</translation>
    </message>
    <message>
        <source>{} and the signals they emit</source>
        <translation>{} und die Signale darauf</translation>
    </message>
    <message>
        <source>{} of {} flows differ</source>
        <translation>{} von {} Flüssen weichen ab</translation>
    </message>
    <message>
        <source>{} before, {} after: {} flows</source>
        <translation>{} vorher, {} nachher: {} Flüsse</translation>
    </message>
    <message>
        <source>another verdict: {}</source>
        <translation>anderes Urteil: {}</translation>
    </message>
    <message>
        <source>slowest by p99: {} with {} ms</source>
        <translation>langsamster nach p99: {} mit {} ms</translation>
    </message>
    <message>
        <source>greatest p99: {} with {} ms at {:.4g} s; intervals of {:.3g} s; lines p99, bands p50–p90</source>
        <translation>größtes p99: {} mit {} ms bei {:.4g} s; Abschnitte von {:.3g} s; Linien p99, Bänder p50–p90</translation>
    </message>
    <message>
        <source>{} flows, those with most requests first</source>
        <translation>{} Flüsse, die mit den meisten Anfragen zuerst</translation>
    </message>
    <message>
        <source>{} of {} hops, of the busiest flows</source>
        <translation>{} von {} Hops, der verkehrsreichsten Flüsse</translation>
    </message>
    <message>
        <source>{} hops</source>
        <translation>{} Hops</translation>
    </message>
    <message>
        <source>busiest: {} at {:.3g} %</source>
        <translation>am stärksten ausgelastet: {} mit {:.3g} %</translation>
    </message>
    <message>
        <source>; {} saturates first, at {:.3g} times this traffic</source>
        <translation>; {} ist zuerst voll, bei {:.3g}-mal so viel Verkehr</translation>
    </message>
    <message>
        <source>did not expect &quot;{}&quot;</source>
        <translation>&quot;{}&quot; war nicht erwartet</translation>
    </message>
    <message>
        <source>a value is missing after {}</source>
        <translation>nach {} fehlt ein Wert</translation>
    </message>
    <message>
        <source>there is no field &quot;{}&quot;</source>
        <translation>es gibt kein Feld &quot;{}&quot;</translation>
    </message>
    <message>
        <source>waypoint for {}</source>
        <translation>Waypoint für {}</translation>
    </message>
</context>
<context>
    <name>main</name>
    <message>
        <source>Explore a mesh of sidecar and ambient workloads.</source>
        <translation>Erkundet ein Mesh aus Sidecar- und Ambient-Workloads.</translation>
    </message>
    <message>
        <source>Scenario files, manifests or folders.</source>
        <translation>Szenarien, Manifeste oder Ordner.</translation>
    </message>
    <message>
        <source>Write a picture of the window and quit.</source>
        <translation>Ein Bild des Fensters schreiben und beenden.</translation>
    </message>
    <message>
        <source>Size of the picture, 1280x800 unless given.</source>
        <translation>Größe des Bildes, sonst 1280x800.</translation>
    </message>
    <message>
        <source>What to show: window, start, graph, flows, ...</source>
        <translation>Was zu sehen ist: window, start, graph, flows, ...</translation>
    </message>
    <message>
        <source>flow:NAME, node:ID or policy:KIND NS/NAME; repeatable.</source>
        <translation>flow:NAME, node:ID oder policy:KIND NS/NAME; mehrfach möglich.</translation>
    </message>
    <message>
        <source>A change to make first: namespace/shop=ambient; repeatable.</source>
        <translation>Eine Änderung vorab: namespace/shop=ambient; mehrfach möglich.</translation>
    </message>
    <message>
        <source>Text of the find field.</source>
        <translation>Text des Suchfelds.</translation>
    </message>
    <message>
        <source>Simulate before the picture is taken.</source>
        <translation>Vor dem Bild simulieren.</translation>
    </message>
    <message>
        <source>The moment of a simulated run that is shown, in seconds.</source>
        <translation>Der gezeigte Moment eines simulierten Laufs, in Sekunden.</translation>
    </message>
    <message>
        <source>The window with the view in front, not the view alone.</source>
        <translation>Das Fenster mit der Ansicht vorn, nicht die Ansicht allein.</translation>
    </message>
    <message>
        <source>A chart as its table.</source>
        <translation>Ein Diagramm als Tabelle.</translation>
    </message>
    <message>
        <source>system, light or dark.</source>
        <translation>system, light oder dark.</translation>
    </message>
    <message>
        <source>no font was found; install fonts-dejavu-core</source>
        <translation>keine Schrift gefunden; fonts-dejavu-core installieren</translation>
    </message>
    <message>
        <source>there is no theme %1</source>
        <translation>es gibt kein Farbschema %1</translation>
    </message>
    <message>
        <source>--size wants WIDTHxHEIGHT, for example 1280x800</source>
        <translation>--size erwartet BREITExHÖHE, zum Beispiel 1280x800</translation>
    </message>
    <message>
        <source>there is no view %1; there are %2</source>
        <translation>es gibt keine Ansicht %1; es gibt %2</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::AskPanel</name>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>namespace/workload, or outside</source>
        <translation>Namensraum/Workload oder outside</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>host:port</source>
        <translation>Host:Port</translation>
    </message>
    <message>
        <source>E&amp;xplain</source>
        <translation>E&amp;rklären</translation>
    </message>
    <message>
        <source>&amp;Keep as a flow</source>
        <translation>Als Fluss behal&amp;ten</translation>
    </message>
    <message>
        <source>Protocol</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>GET /reviews/1</source>
        <translation>GET /reviews/1</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>&amp;To</source>
        <translation>&amp;Nach</translation>
    </message>
    <message>
        <source>&amp;Protocol</source>
        <translation>&amp;Protokoll</translation>
    </message>
    <message>
        <source>Open a scenario or a folder first.</source>
        <translation>Zuerst ein Szenario oder einen Ordner öffnen.</translation>
    </message>
    <message>
        <source>Not understood.</source>
        <translation>Nicht verstanden.</translation>
    </message>
    <message>
        <source>, a policy is bypassed</source>
        <translation>, eine Richtlinie wird umgangen</translation>
    </message>
    <message>
        <source>Fr&amp;om</source>
        <translation>&amp;Von</translation>
    </message>
    <message>
        <source>Re&amp;quest</source>
        <translation>An&amp;frage</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::ChangesPanel</name>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>Fluss</translation>
    </message>
    <message>
        <source>Before</source>
        <translation>Vorher</translation>
    </message>
    <message>
        <source>After</source>
        <translation>Nachher</translation>
    </message>
    <message>
        <source>Change a mode, a label, a policy or the profile, and what flips stands here.</source>
        <translation>Ändere einen Modus, ein Label, eine Richtlinie oder das Profil; was dadurch umschlägt, steht hier.</translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from %2</source>
        <translation>
            <numerusform>%1 von %n Fluss weicht ab von %2</numerusform>
            <numerusform>%1 von %n Flüssen weichen ab von %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from the state as it was opened</source>
        <translation>
            <numerusform>%1 von %n Fluss weicht ab vom Stand beim Öffnen</numerusform>
            <numerusform>%1 von %n Flüssen weichen ab vom Stand beim Öffnen</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from the state before</source>
        <translation>
            <numerusform>%1 von %n Fluss weicht ab vom Stand davor</numerusform>
            <numerusform>%1 von %n Flüssen weichen ab vom Stand davor</numerusform>
        </translation>
    </message>
    <message>
        <source>+ </source>
        <translation>+ </translation>
    </message>
    <message>
        <source>− </source>
        <translation>− </translation>
    </message>
    <message numerus="yes">
        <source>%n field(s)</source>
        <translation>
            <numerusform>%n Feld</numerusform>
            <numerusform>%n Felder</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::ChartPanel</name>
    <message>
        <source>The chart as a table</source>
        <translation>Das Diagramm als Tabelle</translation>
    </message>
    <message>
        <source>Show as a table</source>
        <translation>Als Tabelle zeigen</translation>
    </message>
    <message>
        <source>Export as PNG, SVG or CSV</source>
        <translation>Als PNG, SVG oder CSV exportieren</translation>
    </message>
    <message>
        <source>Export</source>
        <translation>Exportieren</translation>
    </message>
    <message>
        <source>There is nothing to export.</source>
        <translation>Es gibt nichts zu exportieren.</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::Explorer</name>
    <message>
        <source>Explorer</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Nothing in the mesh</source>
        <translation>Nichts im Mesh</translation>
    </message>
    <message>
        <source>Edit…</source>
        <translation>Bearbeiten…</translation>
    </message>
    <message>
        <source>Dataplane mode</source>
        <translation>Modus der Dataplane</translation>
    </message>
    <message>
        <source>Ambient</source>
        <translation>Ambient</translation>
    </message>
    <message>
        <source>Sidecar</source>
        <translation>Sidecar</translation>
    </message>
    <message>
        <source>Not in the mesh</source>
        <translation>Nicht im Mesh</translation>
    </message>
    <message>
        <source>Labels…</source>
        <translation>Labels…</translation>
    </message>
    <message>
        <source>New policy here…</source>
        <translation>Neue Richtlinie hier…</translation>
    </message>
    <message>
        <source>injected</source>
        <translation>injiziert</translation>
    </message>
    <message>
        <source>via waypoint</source>
        <translation>über Waypoint</translation>
    </message>
    <message>
        <source>waypoint</source>
        <translation>Waypoint</translation>
    </message>
    <message>
        <source>gateway</source>
        <translation>Gateway</translation>
    </message>
    <message>
        <source>disabled</source>
        <translation>abgeschaltet</translation>
    </message>
    <message>
        <source>not read</source>
        <translation>nicht gelesen</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FilterEdit</name>
    <message>
        <source>Not understood</source>
        <translation>Nicht verstanden</translation>
    </message>
    <message>
        <source>For example: namespace = shop, mode = ambient, bypassed, policy contains viewer. OR binds tighter than AND, as in Kiali; parentheses work. Tab completes.</source>
        <translation>Zum Beispiel: namespace = shop, mode = ambient, bypassed, policy contains viewer. OR bindet stärker als AND, wie in Kiali; Klammern gehen. Tab vervollständigt.</translation>
    </message>
    <message>
        <source>Not understood: %1</source>
        <translation>Nicht verstanden: %1</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FindingsPanel</name>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Severity</source>
        <translation>Schwere</translation>
    </message>
    <message>
        <source>Code</source>
        <translation>Code</translation>
    </message>
    <message>
        <source>Where</source>
        <translation>Wo</translation>
    </message>
    <message>
        <source>Object</source>
        <translation>Objekt</translation>
    </message>
    <message>
        <source>Finding</source>
        <translation>Befund</translation>
    </message>
    <message>
        <source>Nothing was found.</source>
        <translation>Nichts gefunden.</translation>
    </message>
    <message>
        <source>✕ error</source>
        <translation>✕ Fehler</translation>
    </message>
    <message>
        <source>! warning</source>
        <translation>! Warnung</translation>
    </message>
    <message>
        <source>i info</source>
        <translation>i Hinweis</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FlowModel</name>
    <message>
        <source>, bypassed</source>
        <translation>, umgangen</translation>
    </message>
    <message>
        <source>, open</source>
        <translation>, offen</translation>
    </message>
    <message>
        <source>as expected</source>
        <translation>wie erwartet</translation>
    </message>
    <message numerus="yes">
        <source>%n differ(s)</source>
        <translation>
            <numerusform>%n weicht ab</numerusform>
            <numerusform>%n weichen ab</numerusform>
        </translation>
    </message>
    <message>
        <source>Verdict</source>
        <translation>Urteil</translation>
    </message>
    <message>
        <source>Flow</source>
        <translation>Fluss</translation>
    </message>
    <message>
        <source>From</source>
        <translation>Von</translation>
    </message>
    <message>
        <source>To</source>
        <translation>Nach</translation>
    </message>
    <message>
        <source>Request</source>
        <translation>Anfrage</translation>
    </message>
    <message>
        <source>Path</source>
        <translation>Weg</translation>
    </message>
    <message>
        <source>Transport</source>
        <translation>Transport</translation>
    </message>
    <message>
        <source>Policies</source>
        <translation>Richtlinien</translation>
    </message>
    <message>
        <source>Expected</source>
        <translation>Erwartung</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FlowPanel</name>
    <message>
        <source>Filter flows: verdict = denied, from contains web, bypassed</source>
        <translation>Flüsse filtern: verdict = denied, from contains web, bypassed</translation>
    </message>
    <message>
        <source>Filter of the flow table</source>
        <translation>Filter der Flusstabelle</translation>
    </message>
    <message>
        <source>Flows</source>
        <translation>Flüsse</translation>
    </message>
    <message>
        <source>No flow fits.</source>
        <translation>Kein Fluss passt.</translation>
    </message>
    <message>
        <source>Show all</source>
        <translation>Alle zeigen</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n Fluss</numerusform>
            <numerusform>%n Flüsse</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s)</source>
        <translation>
            <numerusform>%1 von %n Fluss</numerusform>
            <numerusform>%1 von %n Flüssen</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::GraphView</name>
    <message>
        <source>injected</source>
        <translation>injiziert</translation>
    </message>
    <message>
        <source>waypoint %1</source>
        <translation>Waypoint %1</translation>
    </message>
    <message>
        <source>Mesh graph</source>
        <translation>Graph des Mesh</translation>
    </message>
    <message>
        <source>Who speaks to whom. Arrow keys walk from node to edge to node, Return opens the inspector; the flow table holds the same in words.</source>
        <translation>Wer mit wem spricht. Pfeiltasten gehen von Knoten zu Kante zu Knoten, Eingabe öffnet die Details; die Flusstabelle sagt dasselbe in Worten.</translation>
    </message>
    <message>
        <source>bound to waypoint %1</source>
        <translation>gebunden an Waypoint %1</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s) that should meet it do not</source>
        <translation>
            <numerusform>%n Fluss müsste hier vorbeikommen und tut es nicht</numerusform>
            <numerusform>%n Flüsse müssten hier vorbeikommen und tun es nicht</numerusform>
        </translation>
    </message>
    <message>
        <source>skips waypoint %1</source>
        <translation>übergeht Waypoint %1</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n Fluss</numerusform>
            <numerusform>%n Flüsse</numerusform>
        </translation>
    </message>
    <message>
        <source>The input was not understood. Findings say where.</source>
        <translation>Die Eingabe wurde nicht verstanden. Die Befunde sagen wo.</translation>
    </message>
    <message>
        <source>There is no workload, Service or gateway in what is open.</source>
        <translation>In dem, was offen ist, gibt es weder Workload noch Service noch Gateway.</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::Inspector</name>
    <message>
        <source>Inspector</source>
        <translation>Details</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::LabelDialog</name>
    <message>
        <source>Labels of %1</source>
        <translation>Labels von %1</translation>
    </message>
    <message>
        <source>Labels</source>
        <translation>Labels</translation>
    </message>
    <message>
        <source>Label</source>
        <translation>Label</translation>
    </message>
    <message>
        <source>Value</source>
        <translation>Wert</translation>
    </message>
    <message>
        <source>As kubectl label would set them, pod template included. Clear a name to remove the label.</source>
        <translation>Wie kubectl label sie setzt, samt Pod-Vorlage. Ein geleerter Name entfernt das Label.</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::MainWindow</name>
    <message>
        <source>Event log</source>
        <translation>Protokoll</translation>
    </message>
    <message>
        <source>Find: bypassed, mode = ambient</source>
        <translation>Suchen: bypassed, mode = ambient</translation>
    </message>
    <message>
        <source>Hide: idle</source>
        <translation>Ausblenden: idle</translation>
    </message>
    <message>
        <source>Find</source>
        <translation>Suchen</translation>
    </message>
    <message>
        <source>Hide</source>
        <translation>Ausblenden</translation>
    </message>
    <message>
        <source>Explorer</source>
        <translation>Übersicht</translation>
    </message>
    <message>
        <source>Ask</source>
        <translation>Fragen</translation>
    </message>
    <message>
        <source>Inspector</source>
        <translation>Details</translation>
    </message>
    <message>
        <source>Flows</source>
        <translation>Flüsse</translation>
    </message>
    <message>
        <source>Policies</source>
        <translation>Richtlinien</translation>
    </message>
    <message>
        <source>Changes</source>
        <translation>Änderungen</translation>
    </message>
    <message>
        <source>Findings</source>
        <translation>Befunde</translation>
    </message>
    <message>
        <source>Manifest</source>
        <translation>Manifest</translation>
    </message>
    <message>
        <source>Charts</source>
        <translation>Diagramme</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>Findings (%1)</source>
        <translation>Befunde (%1)</translation>
    </message>
    <message numerus="yes">
        <source>Findings (%n error(s))</source>
        <translation>
            <numerusform>Befunde (%n Fehler)</numerusform>
            <numerusform>Befunde (%n Fehler)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Findings (%1, %n error(s))</source>
        <translation>
            <numerusform>Befunde (%1, %n Fehler)</numerusform>
            <numerusform>Befunde (%1, %n Fehler)</numerusform>
        </translation>
    </message>
    <message>
        <source>Changes (%1)</source>
        <translation>Änderungen (%1)</translation>
    </message>
    <message>
        <source>%1 nodes, %2 edges</source>
        <translation>%1 Knoten, %2 Kanten</translation>
    </message>
    <message>
        <source>Only YAML and JSON files and folders can be opened.</source>
        <translation>Nur YAML- und JSON-Dateien und Ordner lassen sich öffnen.</translation>
    </message>
    <message>
        <source>&amp;Open…</source>
        <translation>Ö&amp;ffnen…</translation>
    </message>
    <message>
        <source>Open a scenario or manifests</source>
        <translation>Ein Szenario oder Manifeste öffnen</translation>
    </message>
    <message>
        <source>Open &amp;folder…</source>
        <translation>Ordner öff&amp;nen…</translation>
    </message>
    <message>
        <source>Open a folder of manifests</source>
        <translation>Einen Ordner mit Manifesten öffnen</translation>
    </message>
    <message>
        <source>&amp;Save</source>
        <translation>&amp;Speichern</translation>
    </message>
    <message>
        <source>Save the scenario with all changes</source>
        <translation>Das Szenario mit allen Änderungen speichern</translation>
    </message>
    <message>
        <source>Save &amp;as…</source>
        <translation>Speichern &amp;unter…</translation>
    </message>
    <message>
        <source>Save the scenario under a new name</source>
        <translation>Das Szenario unter neuem Namen speichern</translation>
    </message>
    <message>
        <source>&amp;Export view…</source>
        <translation>Ansicht &amp;exportieren…</translation>
    </message>
    <message>
        <source>Write the view in front as a picture or table</source>
        <translation>Die Ansicht vorn als Bild oder Tabelle schreiben</translation>
    </message>
    <message>
        <source>Export view</source>
        <translation>Ansicht exportieren</translation>
    </message>
    <message>
        <source>view.png</source>
        <translation>ansicht.png</translation>
    </message>
    <message>
        <source>Pictures and tables (*.png *.svg *.csv)</source>
        <translation>Bilder und Tabellen (*.png *.svg *.csv)</translation>
    </message>
    <message>
        <source>Exported %1</source>
        <translation>%1 exportiert</translation>
    </message>
    <message>
        <source>&amp;Close window</source>
        <translation>Fenster schl&amp;ießen</translation>
    </message>
    <message>
        <source>Close the window</source>
        <translation>Das Fenster schließen</translation>
    </message>
    <message>
        <source>&amp;Quit</source>
        <translation>&amp;Beenden</translation>
    </message>
    <message>
        <source>Quit meshsim</source>
        <translation>meshsim beenden</translation>
    </message>
    <message>
        <source>&amp;Undo</source>
        <translation>&amp;Rückgängig</translation>
    </message>
    <message>
        <source>&amp;Redo</source>
        <translation>&amp;Wiederherstellen</translation>
    </message>
    <message>
        <source>&amp;Copy flows as CSV</source>
        <translation>Flüsse als CSV &amp;kopieren</translation>
    </message>
    <message>
        <source>Copy the selected rows of the flow table</source>
        <translation>Die gewählten Zeilen der Flusstabelle kopieren</translation>
    </message>
    <message>
        <source>Copy &amp;as filter</source>
        <translation>Als &amp;Filter kopieren</translation>
    </message>
    <message>
        <source>Copy the selection in the find language</source>
        <translation>Die Auswahl in der Suchsprache kopieren</translation>
    </message>
    <message>
        <source>&amp;Find in the graph</source>
        <translation>Im Graphen s&amp;uchen</translation>
    </message>
    <message>
        <source>Find and hide with the language of Kiali</source>
        <translation>Suchen und ausblenden in der Sprache von Kiali</translation>
    </message>
    <message>
        <source>Find &amp;next</source>
        <translation>&amp;Nächsten suchen</translation>
    </message>
    <message>
        <source>Next node that is found</source>
        <translation>Der nächste gefundene Knoten</translation>
    </message>
    <message>
        <source>Find pre&amp;vious</source>
        <translation>&amp;Vorigen suchen</translation>
    </message>
    <message>
        <source>Previous node that is found</source>
        <translation>Der vorige gefundene Knoten</translation>
    </message>
    <message>
        <source>Clear selection and filters</source>
        <translation>Auswahl und Filter aufheben</translation>
    </message>
    <message>
        <source>Show everything again</source>
        <translation>Wieder alles zeigen</translation>
    </message>
    <message>
        <source>&amp;Ask for a flow</source>
        <translation>Nach einem Fluss &amp;fragen</translation>
    </message>
    <message>
        <source>Type a flow by hand and see what becomes of it</source>
        <translation>Einen Fluss von Hand eingeben und sehen, was aus ihm wird</translation>
    </message>
    <message>
        <source>&amp;Read and judge again</source>
        <translation>Neu &amp;lesen und beurteilen</translation>
    </message>
    <message>
        <source>Read the files again</source>
        <translation>Die Dateien neu lesen</translation>
    </message>
    <message>
        <source>&amp;Simulate</source>
        <translation>&amp;Simulieren</translation>
    </message>
    <message>
        <source>Run the traffic of the scenario over its timeline</source>
        <translation>Den Verkehr des Szenarios über seine Zeitleiste durchspielen</translation>
    </message>
    <message>
        <source>&amp;Pause the simulation</source>
        <translation>Simulation &amp;anhalten</translation>
    </message>
    <message>
        <source>Pause the simulation, or go on</source>
        <translation>Die Simulation anhalten oder fortsetzen</translation>
    </message>
    <message>
        <source>One &amp;event further</source>
        <translation>Ein &amp;Ereignis weiter</translation>
    </message>
    <message>
        <source>To the next change or border of a window; simulates so far</source>
        <translation>Bis zur nächsten Änderung oder Grenze eines Fensters; simuliert so weit</translation>
    </message>
    <message>
        <source>Run &amp;until…</source>
        <translation>Laufen &amp;bis…</translation>
    </message>
    <message>
        <source>Simulate up to a time or an entry of the timeline</source>
        <translation>Bis zu einer Zeit oder einem Eintrag der Zeitleiste simulieren</translation>
    </message>
    <message>
        <source>Show time&amp;line</source>
        <translation>&amp;Zeitleiste zeigen</translation>
    </message>
    <message>
        <source>The simulated run over its time</source>
        <translation>Der simulierte Lauf über seine Zeit</translation>
    </message>
    <message>
        <source>S&amp;top</source>
        <translation>Abb&amp;rechen</translation>
    </message>
    <message>
        <source>Give up what is being computed</source>
        <translation>Aufgeben, was gerade gerechnet wird</translation>
    </message>
    <message>
        <source>Compare with the state as &amp;opened</source>
        <translation>Mit dem Stand beim Öffnen &amp;vergleichen</translation>
    </message>
    <message>
        <source>Changes are shown against the files</source>
        <translation>Änderungen werden gegen die Dateien gezeigt</translation>
    </message>
    <message>
        <source>&amp;Compare with…</source>
        <translation>Vergleichen &amp;mit…</translation>
    </message>
    <message>
        <source>Compare with another scenario</source>
        <translation>Mit einem anderen Szenario vergleichen</translation>
    </message>
    <message>
        <source>Compare with</source>
        <translation>Vergleichen mit</translation>
    </message>
    <message>
        <source>Scenarios and manifests (*.yaml *.yml *.json)</source>
        <translation>Szenarien und Manifeste (*.yaml *.yml *.json)</translation>
    </message>
    <message>
        <source>Stop comparing with another scenario</source>
        <translation>Nicht mehr mit anderem Szenario vergleichen</translation>
    </message>
    <message>
        <source>Compare with the state before again</source>
        <translation>Wieder mit dem Stand davor vergleichen</translation>
    </message>
    <message>
        <source>Next flow</source>
        <translation>Nächster Fluss</translation>
    </message>
    <message>
        <source>Next row of the flow table</source>
        <translation>Nächste Zeile der Flusstabelle</translation>
    </message>
    <message>
        <source>Previous flow</source>
        <translation>Voriger Fluss</translation>
    </message>
    <message>
        <source>Previous row of the flow table</source>
        <translation>Vorige Zeile der Flusstabelle</translation>
    </message>
    <message>
        <source>Next hop</source>
        <translation>Nächster Hop</translation>
    </message>
    <message>
        <source>Next hop of this flow</source>
        <translation>Nächster Hop dieses Flusses</translation>
    </message>
    <message>
        <source>Previous hop</source>
        <translation>Voriger Hop</translation>
    </message>
    <message>
        <source>Previous hop of this flow</source>
        <translation>Voriger Hop dieses Flusses</translation>
    </message>
    <message>
        <source>Next flow that needs attention</source>
        <translation>Nächster Fluss, der Aufmerksamkeit braucht</translation>
    </message>
    <message>
        <source>Next flow that is bypassed, open, unknown or not as expected</source>
        <translation>Nächster Fluss, der umgeht, offen, unbekannt oder nicht wie erwartet ist</translation>
    </message>
    <message>
        <source>Previous flow that needs attention</source>
        <translation>Voriger Fluss, der Aufmerksamkeit braucht</translation>
    </message>
    <message>
        <source>Previous flow that is bypassed, open, unknown or not as expected</source>
        <translation>Voriger Fluss, der umgeht, offen, unbekannt oder nicht wie erwartet ist</translation>
    </message>
    <message>
        <source>&amp;Back</source>
        <translation>&amp;Zurück</translation>
    </message>
    <message>
        <source>What was looked at before</source>
        <translation>Was davor angesehen wurde</translation>
    </message>
    <message>
        <source>F&amp;orward</source>
        <translation>V&amp;orwärts</translation>
    </message>
    <message>
        <source>What was looked at after</source>
        <translation>Was danach angesehen wurde</translation>
    </message>
    <message>
        <source>Zoom &amp;in</source>
        <translation>Ver&amp;größern</translation>
    </message>
    <message>
        <source>Larger</source>
        <translation>Größer</translation>
    </message>
    <message>
        <source>Zoom &amp;out</source>
        <translation>Ver&amp;kleinern</translation>
    </message>
    <message>
        <source>Smaller</source>
        <translation>Kleiner</translation>
    </message>
    <message>
        <source>Zoom &amp;1:1</source>
        <translation>Größe &amp;1:1</translation>
    </message>
    <message>
        <source>Natural size</source>
        <translation>Natürliche Größe</translation>
    </message>
    <message>
        <source>&amp;Fit to window</source>
        <translation>&amp;Einpassen</translation>
    </message>
    <message>
        <source>The whole graph</source>
        <translation>Der ganze Graph</translation>
    </message>
    <message>
        <source>&amp;Lay out again</source>
        <translation>&amp;Neu anordnen</translation>
    </message>
    <message>
        <source>Place the nodes anew</source>
        <translation>Die Knoten neu setzen</translation>
    </message>
    <message>
        <source>Show &amp;ztunnels</source>
        <translation>&amp;Ztunnel zeigen</translation>
    </message>
    <message>
        <source>A node for each ztunnel and the pods it captures</source>
        <translation>Ein Knoten je ztunnel und die Pods, die er fängt</translation>
    </message>
    <message>
        <source>Show i&amp;dle objects</source>
        <translation>Un&amp;beteiligtes zeigen</translation>
    </message>
    <message>
        <source>Workloads and services that no flow meets</source>
        <translation>Workloads und Services, die kein Fluss trifft</translation>
    </message>
    <message>
        <source>&amp;Collapse all namespaces</source>
        <translation>Alle Namens&amp;räume zuklappen</translation>
    </message>
    <message>
        <source>One node for each namespace</source>
        <translation>Ein Knoten je Namensraum</translation>
    </message>
    <message>
        <source>&amp;Expand all namespaces</source>
        <translation>Alle Namensräume &amp;aufklappen</translation>
    </message>
    <message>
        <source>Everything inside the namespaces</source>
        <translation>Alles in den Namensräumen</translation>
    </message>
    <message>
        <source>Panel over the whole &amp;window</source>
        <translation>Bereich über das ganze &amp;Fenster</translation>
    </message>
    <message>
        <source>The panel with the focus takes the whole window, and goes back</source>
        <translation>Der Bereich mit dem Fokus nimmt das ganze Fenster ein, und gibt es zurück</translation>
    </message>
    <message>
        <source>&amp;Restore default layout</source>
        <translation>Stan&amp;dardanordnung wiederherstellen</translation>
    </message>
    <message>
        <source>All panels at their places</source>
        <translation>Alle Bereiche an ihrem Platz</translation>
    </message>
    <message>
        <source>&amp;Command palette…</source>
        <translation>&amp;Befehle…</translation>
    </message>
    <message>
        <source>Every command by name</source>
        <translation>Jeder Befehl beim Namen</translation>
    </message>
    <message>
        <source>&amp;Keyboard shortcuts</source>
        <translation>&amp;Tastenkürzel</translation>
    </message>
    <message>
        <source>All keys</source>
        <translation>Alle Tasten</translation>
    </message>
    <message>
        <source>&amp;About meshsim</source>
        <translation>&amp;Über meshsim</translation>
    </message>
    <message>
        <source>Version, licence and libraries</source>
        <translation>Version, Lizenz und Bibliotheken</translation>
    </message>
    <message>
        <source>&amp;How to read the graph</source>
        <translation>Wie man den Graphen &amp;liest</translation>
    </message>
    <message>
        <source>The legend, in the inspector</source>
        <translation>Die Legende, bei den Details</translation>
    </message>
    <message>
        <source>&amp;File</source>
        <translation>&amp;Datei</translation>
    </message>
    <message>
        <source>Open &amp;recent</source>
        <translation>&amp;Zuletzt geöffnet</translation>
    </message>
    <message>
        <source>&amp;Edit</source>
        <translation>&amp;Bearbeiten</translation>
    </message>
    <message>
        <source>&amp;Profile</source>
        <translation>&amp;Profil</translation>
    </message>
    <message>
        <source>%1 (Istio %2)</source>
        <translation>%1 (Istio %2)</translation>
    </message>
    <message>
        <source>&amp;Go</source>
        <translation>&amp;Gehe zu</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>&amp;Lauf</translation>
    </message>
    <message>
        <source>&amp;View</source>
        <translation>&amp;Ansicht</translation>
    </message>
    <message>
        <source>&amp;Theme</source>
        <translation>Farb&amp;schema</translation>
    </message>
    <message>
        <source>&amp;System</source>
        <translation>&amp;System</translation>
    </message>
    <message>
        <source>&amp;Light</source>
        <translation>&amp;Hell</translation>
    </message>
    <message>
        <source>&amp;Dark</source>
        <translation>&amp;Dunkel</translation>
    </message>
    <message>
        <source>&amp;Help</source>
        <translation>&amp;Hilfe</translation>
    </message>
    <message>
        <source>Main toolbar</source>
        <translation>Werkzeugleiste</translation>
    </message>
    <message>
        <source>&amp;Clear list</source>
        <translation>Liste &amp;leeren</translation>
    </message>
    <message>
        <source>Open</source>
        <translation>Öffnen</translation>
    </message>
    <message>
        <source>Scenarios and manifests (*.yaml *.yml *.json);;All files (*)</source>
        <translation>Szenarien und Manifeste (*.yaml *.yml *.json);;Alle Dateien (*)</translation>
    </message>
    <message>
        <source>Not saved</source>
        <translation>Nicht gespeichert</translation>
    </message>
    <message>
        <source>Save scenario</source>
        <translation>Szenario speichern</translation>
    </message>
    <message>
        <source>Scenarios (*.yaml *.yml)</source>
        <translation>Szenarien (*.yaml *.yml)</translation>
    </message>
    <message>
        <source>Nothing is open.</source>
        <translation>Nichts ist offen.</translation>
    </message>
    <message>
        <source>%1 cannot be written.</source>
        <translation>%1 kann nicht geschrieben werden.</translation>
    </message>
    <message>
        <source>%1 cannot be written: %2</source>
        <translation>%1 kann nicht geschrieben werden: %2</translation>
    </message>
    <message>
        <source>Keyboard shortcuts</source>
        <translation>Tastenkürzel</translation>
    </message>
    <message>
        <source>About meshsim</source>
        <translation>Über meshsim</translation>
    </message>
    <message>
        <source>Simulates Istio and OpenShift Service Mesh with sidecar and ambient workloads side by side: which way a request goes, which policies are enforced where, and which are silently not.</source>
        <translation>Simuliert Istio und OpenShift Service Mesh mit Sidecar- und Ambient-Workloads nebeneinander: welchen Weg eine Anfrage nimmt, welche Richtlinien wo durchgesetzt werden, und welche stillschweigend nicht.</translation>
    </message>
    <message>
        <source>Source under Apache-2.0. This program is linked with Qt Charts and as a whole under GPL-3.0.</source>
        <translation>Quelltext unter Apache-2.0. Dieses Programm ist mit Qt Charts gebunden und als Ganzes unter GPL-3.0.</translation>
    </message>
    <message>
        <source>Qt %1</source>
        <translation>Qt %1</translation>
    </message>
    <message>
        <source>Unsaved changes</source>
        <translation>Ungespeicherte Änderungen</translation>
    </message>
    <message>
        <source>The scenario was changed. Save it first?</source>
        <translation>Das Szenario wurde geändert. Zuerst speichern?</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::PaletteDialog</name>
    <message>
        <source>Commands</source>
        <translation>Befehle</translation>
    </message>
    <message>
        <source>Type a command</source>
        <translation>Befehl eingeben</translation>
    </message>
    <message>
        <source>Command</source>
        <translation>Befehl</translation>
    </message>
    <message>
        <source>No command fits.</source>
        <translation>Kein Befehl passt.</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::PolicyDialog</name>
    <message>
        <source>New policy</source>
        <translation>Neue Richtlinie</translation>
    </message>
    <message>
        <source>Edit %1</source>
        <translation>%1 bearbeiten</translation>
    </message>
    <message>
        <source>The policy as YAML</source>
        <translation>Die Richtlinie als YAML</translation>
    </message>
    <message>
        <source>The change is made to the scenario in the window; files stay as they are.</source>
        <translation>Geändert wird das Szenario im Fenster; Dateien bleiben, wie sie sind.</translation>
    </message>
    <message>
        <source>✕ %1</source>
        <translation>✕ %1</translation>
    </message>
    <message>
        <source>✕ An object needs apiVersion, kind and metadata.name.</source>
        <translation>✕ Ein Objekt braucht apiVersion, kind und metadata.name.</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::PolicyPanel</name>
    <message>
        <source>Policies by client population</source>
        <translation>Richtlinien nach Art der Clients</translation>
    </message>
    <message>
        <source>There is no policy in what is open.</source>
        <translation>In dem, was offen ist, gibt es keine Richtlinie.</translation>
    </message>
    <message>
        <source>Policy</source>
        <translation>Richtlinie</translation>
    </message>
    <message>
        <source>clients without proxy</source>
        <translation>Clients ohne Proxy</translation>
    </message>
    <message>
        <source>%1 clients</source>
        <translation>Clients: %1</translation>
    </message>
    <message>
        <source>Why</source>
        <translation>Warum</translation>
    </message>
    <message>
        <source> in part</source>
        <translation> zum Teil</translation>
    </message>
    <message>
        <source>%1 for %2 clients</source>
        <translation>%1 für Clients: %2</translation>
    </message>
    <message>
        <source>No flow of these clients meets it.</source>
        <translation>Kein Fluss dieser Clients trifft sie.</translation>
    </message>
    <message>
        <source>no flow meets it</source>
        <translation>kein Fluss trifft sie</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::RunUntilDialog</name>
    <message>
        <source>Run until</source>
        <translation>Laufen bis</translation>
    </message>
    <message>
        <source>Simulated time</source>
        <translation>Simulierte Zeit</translation>
    </message>
    <message>
        <source> s</source>
        <translation> s</translation>
    </message>
    <message>
        <source>Event</source>
        <translation>Ereignis</translation>
    </message>
    <message>
        <source>the end</source>
        <translation>zum Ende</translation>
    </message>
    <message>
        <source>entry of the timeline at %1 s</source>
        <translation>Eintrag der Zeitleiste bei %1 s</translation>
    </message>
    <message>
        <source>change at %1 s</source>
        <translation>Änderung bei %1 s</translation>
    </message>
    <message>
        <source>&amp;Event</source>
        <translation>&amp;Ereignis</translation>
    </message>
    <message>
        <source>&amp;Time</source>
        <translation>&amp;Zeit</translation>
    </message>
    <message>
        <source>&amp;Run</source>
        <translation>&amp;Los</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::Session</name>
    <message>
        <source>Failed: %1</source>
        <translation>Fehlgeschlagen: %1</translation>
    </message>
    <message>
        <source>Simulated, stopped before its end</source>
        <translation>Simuliert, vor dem Ende abgebrochen</translation>
    </message>
    <message>
        <source>Simulated</source>
        <translation>Simuliert</translation>
    </message>
    <message>
        <source>The simulation failed: %1</source>
        <translation>Die Simulation ist fehlgeschlagen: %1</translation>
    </message>
    <message>
        <source>Working</source>
        <translation>In Arbeit</translation>
    </message>
    <message>
        <source>Open %1</source>
        <translation>%1 öffnen</translation>
    </message>
    <message>
        <source>Read the files again</source>
        <translation>Die Dateien neu lesen</translation>
    </message>
    <message>
        <source>The files changed and cannot be understood.</source>
        <translation>Die Dateien haben sich geändert und sind nicht zu verstehen.</translation>
    </message>
    <message>
        <source>Stale: %1</source>
        <translation>Veraltet: %1</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s) judged</source>
        <translation>
            <numerusform>%n Fluss beurteilt</numerusform>
            <numerusform>%n Flüsse beurteilt</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n differ from the state before</source>
        <translation>
            <numerusform>; %n weicht ab vom Stand davor</numerusform>
            <numerusform>; %n weichen ab vom Stand davor</numerusform>
        </translation>
    </message>
    <message>
        <source>Nothing is open.</source>
        <translation>Nichts ist offen.</translation>
    </message>
    <message>
        <source>Saved %1; comments of the original could not be kept</source>
        <translation>%1 gespeichert; Kommentare des Originals konnten nicht bleiben</translation>
    </message>
    <message>
        <source>Saved %1</source>
        <translation>%1 gespeichert</translation>
    </message>
    <message>
        <source>Paused at %1 %, %2 requests</source>
        <translation>Angehalten bei %1 %, %2 Anfragen</translation>
    </message>
    <message>
        <source>Simulating, %1 %, %2 requests</source>
        <translation>Simuliere, %1 %, %2 Anfragen</translation>
    </message>
    <message>
        <source>Nothing to simulate: no flow has a rate, and there is no timeline.</source>
        <translation>Nichts zu simulieren: kein Fluss hat eine Rate, und es gibt keine Zeitleiste.</translation>
    </message>
    <message>
        <source>Simulating</source>
        <translation>Simuliere</translation>
    </message>
    <message>
        <source>Stopped</source>
        <translation>Abgebrochen</translation>
    </message>
    <message>
        <source>Compare with %1</source>
        <translation>Vergleich mit %1</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::SourcePanel</name>
    <message>
        <source>Manifest</source>
        <translation>Manifest</translation>
    </message>
    <message>
        <source>Follow a link such as policies.yaml:12, or open a finding, to see the place here.</source>
        <translation>Folge einem Verweis wie policies.yaml:12 oder öffne einen Befund, um die Stelle hier zu sehen.</translation>
    </message>
    <message>
        <source>This was made in the window; it stands in no file yet.</source>
        <translation>Das entstand im Fenster; es steht noch in keiner Datei.</translation>
    </message>
    <message>
        <source>%1 cannot be read: %2</source>
        <translation>%1 kann nicht gelesen werden: %2</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::StaleBanner</name>
    <message>
        <source>The shown result is stale</source>
        <translation>Das gezeigte Ergebnis ist veraltet</translation>
    </message>
    <message>
        <source>! Stale: the last good result is shown. %1</source>
        <translation>! Veraltet: gezeigt wird das letzte gute Ergebnis. %1</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::StartPage</name>
    <message>
        <source>Which way does a request go, which policies are enforced where, and which are silently not? Open a scenario, or a folder with the manifests of your mesh.</source>
        <translation>Welchen Weg nimmt eine Anfrage, welche Richtlinien werden wo durchgesetzt, und welche stillschweigend nicht? Öffne ein Szenario oder einen Ordner mit den Manifesten deines Mesh.</translation>
    </message>
    <message>
        <source>Open a &amp;scenario…</source>
        <translation>&amp;Szenario öffnen…</translation>
    </message>
    <message>
        <source>Recent files</source>
        <translation>Zuletzt geöffnete Dateien</translation>
    </message>
    <message>
        <source>Scenarios that come with meshsim</source>
        <translation>Szenarien, die meshsim mitbringt</translation>
    </message>
    <message>
        <source>Recent</source>
        <translation>Zuletzt</translation>
    </message>
    <message>
        <source>%1 (gone)</source>
        <translation>%1 (fehlt)</translation>
    </message>
    <message>
        <source>Nothing yet. Files that you open are listed here.</source>
        <translation>Noch nichts. Geöffnete Dateien stehen dann hier.</translation>
    </message>
    <message>
        <source>Open a f&amp;older of manifests…</source>
        <translation>&amp;Ordner mit Manifesten öffnen…</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::SummaryBar</name>
    <message>
        <source>Summary</source>
        <translation>Zusammenfassung</translation>
    </message>
    <message>
        <source>The input was not understood</source>
        <translation>Die Eingabe wurde nicht verstanden</translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n Fluss</numerusform>
            <numerusform>%n Flüsse</numerusform>
        </translation>
    </message>
    <message>
        <source> (asked by meshsim: one client of every population to every port)</source>
        <translation> (von meshsim gefragt: ein Client jeder Art an jeden Port)</translation>
    </message>
    <message>
        <source>; all as expected</source>
        <translation>; alle wie erwartet</translation>
    </message>
    <message numerus="yes">
        <source>; %n not as expected</source>
        <translation>
            <numerusform>; %n nicht wie erwartet</numerusform>
            <numerusform>; %n nicht wie erwartet</numerusform>
        </translation>
    </message>
    <message>
        <source>   profile %1</source>
        <translation>   Profil %1</translation>
    </message>
    <message>
        <source>The findings say where, and why.</source>
        <translation>Die Befunde sagen wo und warum.</translation>
    </message>
    <message>
        <source>%1 policies %2</source>
        <translation>%1 Richtlinien: %2</translation>
    </message>
    <message>
        <source>Find the traffic that these policies concern</source>
        <translation>Den Verkehr suchen, den diese Richtlinien betreffen</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::TimelineCanvas</name>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::TimelinePanel</name>
    <message>
        <source>Run &gt; Simulate runs the traffic of the scenario over its timeline.</source>
        <translation>Lauf &gt; Simulieren spielt den Verkehr des Szenarios über seine Zeitleiste durch.</translation>
    </message>
    <message>
        <source>Simulated time</source>
        <translation>Simulierte Zeit</translation>
    </message>
    <message>
        <source>Play or pause (Space)</source>
        <translation>Abspielen oder anhalten (Leertaste)</translation>
    </message>
    <message>
        <source>Play</source>
        <translation>Abspielen</translation>
    </message>
    <message>
        <source>Previous event</source>
        <translation>Voriges Ereignis</translation>
    </message>
    <message>
        <source>Next event (F4)</source>
        <translation>Nächstes Ereignis (F4)</translation>
    </message>
    <message>
        <source>Next event</source>
        <translation>Nächstes Ereignis</translation>
    </message>
    <message>
        <source>slow</source>
        <translation>langsam</translation>
    </message>
    <message>
        <source>medium</source>
        <translation>mittel</translation>
    </message>
    <message>
        <source>fast</source>
        <translation>schnell</translation>
    </message>
    <message>
        <source>Speed</source>
        <translation>Tempo</translation>
    </message>
    <message>
        <source>Timeline</source>
        <translation>Zeitleiste</translation>
    </message>
    <message>
        <source>At this moment nothing is exposed, failing or lost.</source>
        <translation>In diesem Moment ist nichts ungeschützt, fehlerhaft oder verloren.</translation>
    </message>
    <message>
        <source>   and %1 more</source>
        <translation>   und %1 weitere</translation>
    </message>
</context>
<context>
    <name>meshsim::viz::Worker</name>
    <message>
        <source>Reading</source>
        <translation>Lese</translation>
    </message>
    <message>
        <source>Judging</source>
        <translation>Beurteile</translation>
    </message>
    <message>
        <source>Drawing</source>
        <translation>Zeichne</translation>
    </message>
</context>
</TS>
