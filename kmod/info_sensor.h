/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's own sensor: the file `info`.
 */
#ifndef VIGIA_INFO_SENSOR_H
#define VIGIA_INFO_SENSOR_H

int vigia_info_init(void);
void vigia_info_uninit(void);

#endif /* VIGIA_INFO_SENSOR_H */
