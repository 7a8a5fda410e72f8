// SPDX-License-Identifier: MIT
#include "collector/config/config.h"

namespace vigia::config {

const std::string& default_rules_toml() {
    static const std::string text =
        R"(# The classic behaviour, in force until a configuration has rules of its own.

# A container belongs to a class if its name, its image or a label says so: as a word of its own, so
# that neither airflow nor yellow is of class low.
[class.low]
names = ["low", "low-*", "low_*", "*-low", "*_low", "*-low-*", "*_low_*"]
images = ["low", "low:*", "*/low", "*/low:*", "low-*", "*/low-*", "*-low", "*-low:*"]
labels = ["vigia.class=low"]

[class.high]
names = ["high", "high-*", "high_*", "*-high", "*_high", "*-high-*", "*_high_*"]
images = ["high", "high:*", "*/high", "*/high:*", "high-*", "*/high-*", "*-high", "*-high:*"]
labels = ["vigia.class=high"]

# Three of class low may run. If there are more, those with the largest memory are stopped and then
# removed.
[[rule]]
name = "low-at-most-3"
class = "low"
when = [{ count_above = 3 }]
rank = "largest_memory"
actions = ["stop", "remove"]
cooldown = "10m"

[[rule]]
name = "high-at-most-2"
class = "high"
when = [{ count_above = 2 }]
rank = "largest_memory"
actions = ["stop", "remove"]
cooldown = "10m"

# Ten containers in all. Protected ones (Grafana, Vigia, vigia.protect=true) do not count.
[[rule]]
name = "all-at-most-10"
when = [{ count_above = 10 }]
rank = "largest_memory"
actions = ["stop", "remove"]
cooldown = "10m"
)";
    return text;
}

} // namespace vigia::config
