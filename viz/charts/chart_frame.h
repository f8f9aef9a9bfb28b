#pragma once
// What all Qt charts of this program share. Internal to viz/charts.
#include <memory>
#include <string>

class QChart;
class QChartView;
class QPainter;
class QSize;

namespace meshsim::viz {

std::unique_ptr<QChartView> make_view(const std::string& title);
// Colours of ground, axes, legend and title; series are the caller's.
void theme_chart(QChart& chart);
// Laid out for `size`, whatever the size of the view.
void render_chart(QChartView& view, QPainter& painter, const QSize& size);

}  // namespace meshsim::viz
