<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE TS>
<TS version="2.1" language="en" sourcelanguage="en">
<context>
    <name>NodeItem</name>
    <message numerus="yes">
        <source>↷ %n flow(s) skip it</source>
        <translation>
            <numerusform>↷ %n flow skips it</numerusform>
            <numerusform>↷ %n flows skip it</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>Words</name>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n flow</numerusform>
            <numerusform>%n flows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n kind(s) of path</source>
        <translation>
            <numerusform>%n kind of path</numerusform>
            <numerusform>%n kinds of path</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n cell(s)</source>
        <translation>
            <numerusform>%n cell</numerusform>
            <numerusform>%n cells</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n enforcement point(s)</source>
        <translation>
            <numerusform>%n enforcement point</numerusform>
            <numerusform>%n enforcement points</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n policy(s)</source>
        <translation>
            <numerusform>%n policy</numerusform>
            <numerusform>%n policies</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::ChangesPanel</name>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from %2</source>
        <translation>
            <numerusform>%1 of %n flow differs from %2</numerusform>
            <numerusform>%1 of %n flows differ from %2</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from the state as it was opened</source>
        <translation>
            <numerusform>%1 of %n flow differs from the state as it was opened</numerusform>
            <numerusform>%1 of %n flows differ from the state as it was opened</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s) differ from the state before</source>
        <translation>
            <numerusform>%1 of %n flow differs from the state before</numerusform>
            <numerusform>%1 of %n flows differ from the state before</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n field(s)</source>
        <translation>
            <numerusform>%n field</numerusform>
            <numerusform>%n fields</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FlowModel</name>
    <message numerus="yes">
        <source>%n differ(s)</source>
        <translation>
            <numerusform>%n differs</numerusform>
            <numerusform>%n differ</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::FlowPanel</name>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n flow</numerusform>
            <numerusform>%n flows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%1 of %n flow(s)</source>
        <translation>
            <numerusform>%1 of %n flow</numerusform>
            <numerusform>%1 of %n flows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::GraphView</name>
    <message numerus="yes">
        <source>%n flow(s) that should meet it do not</source>
        <translation>
            <numerusform>%n flow that should meet it does not</numerusform>
            <numerusform>%n flows that should meet it do not</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n flow</numerusform>
            <numerusform>%n flows</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::MainWindow</name>
    <message numerus="yes">
        <source>Findings (%n error(s))</source>
        <translation>
            <numerusform>Findings (%n error)</numerusform>
            <numerusform>Findings (%n errors)</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>Findings (%1, %n error(s))</source>
        <translation>
            <numerusform>Findings (%1, %n error)</numerusform>
            <numerusform>Findings (%1, %n errors)</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::Session</name>
    <message numerus="yes">
        <source>%n flow(s) judged</source>
        <translation>
            <numerusform>%n flow judged</numerusform>
            <numerusform>%n flows judged</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n differ from the state before</source>
        <translation>
            <numerusform>; %n differs from the state before</numerusform>
            <numerusform>; %n differ from the state before</numerusform>
        </translation>
    </message>
</context>
<context>
    <name>meshsim::viz::SummaryBar</name>
    <message numerus="yes">
        <source>%n flow(s)</source>
        <translation>
            <numerusform>%n flow</numerusform>
            <numerusform>%n flows</numerusform>
        </translation>
    </message>
    <message numerus="yes">
        <source>; %n not as expected</source>
        <translation>
            <numerusform>; %n not as expected</numerusform>
            <numerusform>; %n not as expected</numerusform>
        </translation>
    </message>
</context>
</TS>
