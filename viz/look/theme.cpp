#include "viz/look/theme.h"

#include <QPainter>
#include <QProxyStyle>
#include <QStyleFactory>
#include <QStyleOption>
#include <algorithm>
#include <cmath>

namespace meshsim::viz {

using models::PolicyStatus;
using models::Verdict;

namespace {

Theme g_theme;
ThemeMode g_mode = ThemeMode::System;
QPalette g_system;
bool g_system_known = false;

Theme make_theme(bool dark) {
  Theme t;
  t.dark = dark;
  t.window = dark ? QColor(0x24, 0x26, 0x29) : QColor(0xf3, 0xf4, 0xf6);
  t.base = dark ? QColor(0x1b, 0x1d, 0x20) : QColor(0xff, 0xff, 0xff);
  t.raised = dark ? QColor(0x2d, 0x30, 0x34) : QColor(0xfa, 0xfa, 0xfb);
  t.text = dark ? QColor(0xe9, 0xea, 0xec) : QColor(0x1b, 0x1d, 0x20);
  t.dim = dark ? QColor(0xa6, 0xab, 0xb2) : QColor(0x5c, 0x62, 0x6b);
  t.line = dark ? QColor(0x4a, 0x4f, 0x56) : QColor(0xc6, 0xca, 0xd0);
  t.frame = dark ? QColor(0x80, 0x86, 0x8e) : QColor(0x86, 0x8c, 0x94);
  t.grid = dark ? QColor(0x36, 0x3a, 0x3f) : QColor(0xe4, 0xe6, 0xea);
  t.accent = dark ? QColor(0x5a, 0xa9, 0xe6) : QColor(0x00, 0x5a, 0x9c);
  t.accent_text = dark ? QColor(0x10, 0x12, 0x14) : QColor(Qt::white);
  t.enforced = dark ? QColor(0x4a, 0x9f, 0xdb) : QColor(0x00, 0x72, 0xb2);
  t.allowed = dark ? QColor(0x1f, 0xb8, 0x8c) : QColor(0x00, 0x80, 0x5d);
  t.bypassed = dark ? QColor(0xf0, 0x7d, 0x2e) : QColor(0xbc, 0x4e, 0x00);
  t.open = dark ? QColor(0xd4, 0x87, 0xb1) : QColor(0xa8, 0x47, 0x80);
  t.denied = dark ? QColor(0xf4, 0xf4, 0xf4) : QColor(0x11, 0x11, 0x11);
  t.failed = dark ? QColor(0xb0, 0xb0, 0xb0) : QColor(0x5e, 0x5e, 0x5e);
  t.unknown = dark ? QColor(0x99, 0x99, 0x99) : QColor(0x6e, 0x6e, 0x6e);
  t.structure = dark ? QColor(0x55, 0x5a, 0x61) : QColor(0xb8, 0xbd, 0xc4);
  return t;
}

QPalette make_palette(const Theme& t) {
  QPalette p;
  p.setColor(QPalette::Window, t.window);
  p.setColor(QPalette::WindowText, t.text);
  p.setColor(QPalette::Base, t.base);
  p.setColor(QPalette::AlternateBase, t.raised);
  p.setColor(QPalette::Text, t.text);
  p.setColor(QPalette::PlaceholderText, t.dim);
  p.setColor(QPalette::Button, t.dark ? t.raised : t.window);
  p.setColor(QPalette::ButtonText, t.text);
  p.setColor(QPalette::BrightText, t.bypassed);
  p.setColor(QPalette::Highlight, t.accent);
  p.setColor(QPalette::HighlightedText, t.accent_text);
  p.setColor(QPalette::Link, t.accent);
  p.setColor(QPalette::LinkVisited, t.accent);
  p.setColor(QPalette::ToolTipBase, t.raised);
  p.setColor(QPalette::ToolTipText, t.text);
  p.setColor(QPalette::Light, t.dark ? t.line.lighter(120) : QColor(Qt::white));
  p.setColor(QPalette::Midlight, t.dark ? t.line : t.grid);
  p.setColor(QPalette::Mid, t.line);
  p.setColor(QPalette::Dark, t.dark ? QColor(0x12, 0x13, 0x15) : t.line.darker(125));
  p.setColor(QPalette::Shadow, QColor(0, 0, 0));
  for (const auto role : {QPalette::WindowText, QPalette::Text, QPalette::ButtonText})
    p.setColor(QPalette::Disabled, role, t.tint(t.dim, 0.65));
  p.setColor(QPalette::Disabled, QPalette::Highlight, t.line);
  p.setColor(QPalette::Disabled, QPalette::HighlightedText, t.dim);
  return p;
}

double channel(double value) { return value <= 0.03928 ? value / 12.92 : std::pow((value + 0.055) / 1.055, 2.4); }

double luminance(const QColor& c) {
  return 0.2126 * channel(c.redF()) + 0.7152 * channel(c.greenF()) + 0.0722 * channel(c.blueF());
}

// Fusion draws frames as a darker shade of the window, which on dark ground nobody sees: a frame and a box to tick need
// contrast of 3 to what is around them (WCAG 1.4.11).
class FramedFusion : public QProxyStyle {
 public:
  FramedFusion() : QProxyStyle(QStyleFactory::create(QStringLiteral("Fusion"))) {}
  void drawPrimitive(PrimitiveElement element, const QStyleOption* option, QPainter* p,
                     const QWidget* widget) const override {
    const bool box = element == PE_IndicatorItemViewItemCheck || element == PE_IndicatorCheckBox;
    const auto* frame = qstyleoption_cast<const QStyleOptionFrame*>(option);
    const bool line = element == PE_PanelLineEdit && frame != nullptr && frame->lineWidth > 0;
    if (!box && !line) return QProxyStyle::drawPrimitive(element, option, p, widget);
    const Theme& t = theme();
    const bool focus = line && (option->state & State_HasFocus) != 0;
    p->save();
    p->setRenderHint(QPainter::Antialiasing);
    p->setPen(QPen(focus ? t.accent : t.frame, focus ? 1.6 : 1));
    p->setBrush((option->state & State_Enabled) != 0 ? t.base : t.window);
    const QRectF area = QRectF(option->rect).adjusted(0.5, 0.5, -0.5, -0.5);
    if (line) {
      p->drawRoundedRect(area, 2, 2);
    } else {
      const double side = std::min({area.width(), area.height(), 13.0});
      const QRectF square(area.center().x() - side / 2, area.center().y() - side / 2, side, side);
      p->drawRoundedRect(square, 2, 2);
      p->setPen(QPen(t.text, 1.8, Qt::SolidLine, Qt::RoundCap, Qt::RoundJoin));
      const auto at = [&](double x, double y) { return QPointF(square.left() + x * side, square.top() + y * side); };
      if ((option->state & State_On) != 0) p->drawPolyline(QPolygonF({at(0.22, 0.52), at(0.42, 0.74), at(0.78, 0.26)}));
      if ((option->state & State_NoChange) != 0) p->drawLine(at(0.25, 0.5), at(0.75, 0.5));
    }
    p->restore();
  }
};

}  // namespace

QColor Theme::colour(EdgeClass word) const {
  switch (word) {
    case EdgeClass::Enforced:
      return enforced;
    case EdgeClass::Allowed:
      return allowed;
    case EdgeClass::Open:
      return open;
    case EdgeClass::Bypassed:
      return bypassed;
    case EdgeClass::Denied:
      return denied;
    case EdgeClass::Failed:
      return failed;
    case EdgeClass::Unknown:
      return unknown;
    case EdgeClass::Structure:
      return structure;
  }
  return text;
}

QColor Theme::colour(PolicyStatus status) const {
  switch (status) {
    case PolicyStatus::Enforced:
      return enforced;
    case PolicyStatus::Bypassed:
      return bypassed;
    case PolicyStatus::DeniesAll:
      return denied;
    case PolicyStatus::Open:
      return open;
    case PolicyStatus::DryRun:
      return allowed;
    case PolicyStatus::Inert:
    case PolicyStatus::NotApplicable:
      return dim;
    case PolicyStatus::NotEvaluated:
      return unknown;
  }
  return text;
}

QColor Theme::colour(Verdict verdict) const {
  switch (verdict) {
    case Verdict::Allowed:
      return allowed;
    case Verdict::Denied:
      return denied;
    case Verdict::Reset:
    case Verdict::Unreachable:
      return failed;
    case Verdict::Unknown:
      return unknown;
  }
  return text;
}

QColor Theme::ink_on(const QColor& fill) const {
  const QColor black(0x11, 0x11, 0x11), white(Qt::white);
  return contrast(black, fill) >= contrast(white, fill) ? black : white;
}

QColor Theme::tint(const QColor& colour, qreal share) const {
  const auto mix = [share](qreal a, qreal b) { return a * share + b * (1 - share); };
  return QColor::fromRgbF(static_cast<float>(mix(colour.redF(), base.redF())),
                          static_cast<float>(mix(colour.greenF(), base.greenF())),
                          static_cast<float>(mix(colour.blueF(), base.blueF())));
}

QBrush Theme::fill(PolicyStatus status) const {
  const QColor c = colour(status);
  switch (status) {
    case PolicyStatus::Bypassed:
      return QBrush(c, Qt::BDiagPattern);
    case PolicyStatus::Open:
      return QBrush(c, Qt::Dense5Pattern);
    case PolicyStatus::DryRun:
      return QBrush(c, Qt::Dense6Pattern);
    case PolicyStatus::DeniesAll:
      return QBrush(c, Qt::DiagCrossPattern);
    case PolicyStatus::Inert:
    case PolicyStatus::NotApplicable:
      return QBrush(tint(c, 0.35));
    case PolicyStatus::NotEvaluated:
      return QBrush(c, Qt::HorPattern);
    case PolicyStatus::Enforced:
      break;
  }
  return QBrush(c);
}

QString glyph(EdgeClass word) {
  switch (word) {
    case EdgeClass::Enforced:
      return QStringLiteral("\u2713");
    case EdgeClass::Allowed:
      return QStringLiteral("\u2192");
    case EdgeClass::Open:
      return QStringLiteral("\u25cb");
    case EdgeClass::Bypassed:
      return QStringLiteral("\u21b7");
    case EdgeClass::Denied:
      return QStringLiteral("\u2715");
    case EdgeClass::Failed:
      return QStringLiteral("!");
    case EdgeClass::Unknown:
      return QStringLiteral("?");
    case EdgeClass::Structure:
      return {};
  }
  return {};
}

QString glyph(PolicyStatus status) {
  switch (status) {
    case PolicyStatus::Enforced:
      return QStringLiteral("\u2713");
    case PolicyStatus::Bypassed:
      return QStringLiteral("\u21b7");
    case PolicyStatus::Inert:
      return QStringLiteral("\u2013");
    case PolicyStatus::DeniesAll:
      return QStringLiteral("\u2715");
    case PolicyStatus::Open:
      return QStringLiteral("\u25cb");
    case PolicyStatus::DryRun:
      return QStringLiteral("\u25d4");
    case PolicyStatus::NotApplicable:
      return QStringLiteral("\u00b7");
    case PolicyStatus::NotEvaluated:
      return QStringLiteral("?");
  }
  return {};
}

QString glyph(Verdict verdict) {
  switch (verdict) {
    case Verdict::Allowed:
      return QStringLiteral("\u2192");
    case Verdict::Denied:
      return QStringLiteral("\u2715");
    case Verdict::Reset:
    case Verdict::Unreachable:
      return QStringLiteral("!");
    case Verdict::Unknown:
      return QStringLiteral("?");
  }
  return {};
}

Qt::PenStyle line_style(EdgeClass word) {
  switch (word) {
    case EdgeClass::Bypassed:
      return Qt::DashLine;
    case EdgeClass::Open:
      return Qt::DashDotLine;
    case EdgeClass::Unknown:
    case EdgeClass::Structure:
      return Qt::DotLine;
    default:
      return Qt::SolidLine;
  }
}

const Theme& theme() { return g_theme; }
ThemeMode theme_mode() { return g_mode; }

void apply_theme(QApplication& application, ThemeMode mode) {
  if (!g_system_known) {
    g_system = QApplication::palette();
    g_system_known = true;
  }
  g_mode = mode;
  // Qt 6.4 does not tell the colour scheme; the window colour of the desktop's palette does.
  const bool dark =
      mode == ThemeMode::Dark || (mode == ThemeMode::System && g_system.color(QPalette::Window).lightness() < 128);
  g_theme = make_theme(dark);
  QApplication::setStyle(new FramedFusion);
  QApplication::setPalette(make_palette(g_theme));
  application.setStyleSheet(
      QStringLiteral("QToolTip{border:1px solid %1;padding:4px}"
                     "QDockWidget::title{padding:5px 8px;background:%2}"
                     "QDockWidget{font-weight:normal}"
                     "QHeaderView::section{padding:4px 4px;border:0;border-bottom:1px solid %1;background:%2}"
                     "QTableView,QTreeView,QTextBrowser,QListView,QPlainTextEdit{border:1px solid %1}"
                     "QTableView::item,QTreeView::item{padding:2px 4px}")
          .arg(g_theme.line.name(), g_theme.window.name()));
}

double contrast(const QColor& a, const QColor& b) {
  const double x = luminance(a), y = luminance(b);
  return (std::max(x, y) + 0.05) / (std::min(x, y) + 0.05);
}

}  // namespace meshsim::viz
