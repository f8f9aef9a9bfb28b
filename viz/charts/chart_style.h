#pragma once
// How charts look: colours of series from the theme, axes without decoration. Internal to viz/charts.
#include <QBrush>
#include <QColor>
#include <QPen>
#include <algorithm>

#include "viz/charts/chart_data.h"
#include "viz/look/theme.h"

namespace meshsim::viz {

// Series by number: hues that can be told apart, dark enough for lines on the ground of the theme.
inline QColor series_colour(int number) {
  const Theme& t = theme();
  const QColor colours[] = {t.enforced, t.bypassed, t.allowed,
                            t.open,     t.failed,   t.dark ? QColor(0xe6, 0x9f, 0x00) : QColor(0x8a, 0x5a, 0x00)};
  return colours[static_cast<std::size_t>(number) % 6];
}

inline constexpr int kGrey = 4;

inline QBrush brush_of(const Look& look) {
  if (look.status) return theme().fill(*look.status);
  if (look.verdict) return QBrush(theme().colour(*look.verdict));
  // The grey one is what others are compared with: light inside its outline.
  if (look.number == kGrey && !look.hatched) return QBrush(theme().tint(series_colour(kGrey), 0.55));
  return QBrush(series_colour(look.number), look.hatched ? Qt::BDiagPattern : Qt::SolidPattern);
}

inline QColor colour_of(const Look& look) {
  if (look.status) return theme().colour(*look.status);
  if (look.verdict) return theme().colour(*look.verdict);
  return series_colour(look.number);
}

// A ramp of one hue, from the ground of the theme to its blue: nothing there looks like nothing.
inline QColor heat(double share) { return theme().tint(theme().enforced, 0.06 + 0.94 * std::clamp(share, 0.0, 1.0)); }

}  // namespace meshsim::viz
