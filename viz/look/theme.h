#pragma once
// Theme: colours, glyphs and line styles, one struct for the graph, the tables and the charts. The hues are those of
// Okabe and Ito; no meaning rests on hue alone: every word has its glyph, its line style and its text as well.
#include <QApplication>
#include <QBrush>
#include <QColor>
#include <QIcon>
#include <QPalette>
#include <QPen>
#include <QString>

#include "models/verdict/outcome.h"
#include "viz/graph/mesh_graph.h"

namespace meshsim::viz {

enum class ThemeMode { System, Light, Dark };

struct Theme {
  bool dark = false;
  QColor window, base, raised, text, dim, line, frame, grid, accent, accent_text;
  QColor enforced, allowed, bypassed, open, denied, failed, unknown, structure;

  QColor colour(EdgeClass word) const;
  QColor colour(models::PolicyStatus status) const;
  QColor colour(models::Verdict verdict) const;
  QColor ink_on(const QColor& fill) const;               // black or white, whichever reads better
  QColor tint(const QColor& colour, qreal share) const;  // mixed into the base
  QBrush fill(models::PolicyStatus status) const;        // hatched where policy does not act
};

QString glyph(EdgeClass word);
QString glyph(models::PolicyStatus status);
QString glyph(models::Verdict verdict);
Qt::PenStyle line_style(EdgeClass word);

// The theme of the application's palette.
const Theme& theme();
// Style Fusion and a palette; System follows the desktop.
void apply_theme(QApplication& application, ThemeMode mode);
ThemeMode theme_mode();

// Contrast of two colours by WCAG's formula: 1 to 21.
double contrast(const QColor& a, const QColor& b);

// Pictograms drawn for the actions, so that they follow the palette. Names: open, save, undo, redo, run, stop, fit,
// ask.
QIcon pictogram(const QString& name);

}  // namespace meshsim::viz
