//! The handlers of `weather`. This file is yours: mcpgen created it once and does not touch it again.
//!
//! A small table stands in for a weather service, so that the example runs without a network.

use mcpgen_runtime as rt;
use weather::*;

/// What the table knows of a city.
struct City {
    name: &'static str,
    celsius: f64,
    sky: Sky,
}

const CITIES: [City; 3] = [
    City { name: "Tokyo", celsius: 22.0, sky: Sky::Clear },
    City { name: "London", celsius: 15.0, sky: Sky::Rain },
    City { name: "New York", celsius: 25.0, sky: Sky::Cloudy },
];

/// What answers the calls.
#[derive(Debug)]
pub struct Handlers {
    settings: Settings,
}

impl Handlers {
    /// Handlers that use these settings.
    pub fn new(settings: Settings) -> Self {
        Self { settings }
    }

    /// Where the numbers come from. A real server would call the service with the key here.
    fn source(&self) -> &'static str {
        match self.settings.weather_api_key {
            Some(_) => "built-in table (an API key is set)",
            None => "built-in table (no API key is set)",
        }
    }
}

/// The city of this name, whatever its case; spaces and hyphens around or inside it do not matter.
fn find(name: &str) -> Option<&'static City> {
    let plain = |name: &str| name.trim().replace('-', " ").to_lowercase();
    let wanted = plain(name);
    CITIES.iter().find(|city| plain(city.name) == wanted)
}

fn in_unit(celsius: f64, unit: Unit) -> f64 {
    match unit {
        Unit::Celsius => celsius,
        Unit::Fahrenheit => celsius * 9.0 / 5.0 + 32.0,
    }
}

impl Weather for Handlers {
    async fn get_temperature(
        &self,
        _cx: &rt::Context,
        input: GetTemperatureInput,
    ) -> Result<Temperature, WeatherError> {
        let city = find(&input.city).ok_or(WeatherError::NotFound { city: input.city })?;
        Ok(Temperature { city: city.name.to_owned(), temperature: in_unit(city.celsius, input.unit), unit: input.unit })
    }

    async fn get_forecast(&self, _cx: &rt::Context, input: GetForecastInput) -> Result<Forecast, WeatherError> {
        let city = find(&input.city).ok_or(WeatherError::NotFound { city: input.city })?;
        let days = (0..input.days)
            .map(|day| {
                // A degree warmer and colder in turn: enough for a table to look like weather.
                let high = city.celsius + [0.0, 1.0, -1.0][day.rem_euclid(3) as usize];
                Day { day, low: high - 7.0, high, sky: city.sky }
            })
            .collect();
        Ok(Forecast { city: city.name.to_owned(), days })
    }

    async fn current_weather(
        &self,
        _cx: &rt::Context,
        variables: CurrentWeatherVariables,
    ) -> Result<rt::Contents, CurrentWeatherError> {
        let city = find(&variables.city).ok_or(CurrentWeatherError::NotFound { city: variables.city })?;
        let sky = match city.sky {
            Sky::Clear => "clear",
            Sky::Cloudy => "cloudy",
            Sky::Rain => "rain",
        };
        let (name, celsius) = (city.name, city.celsius);
        Ok(format!("# {name}\n\n{celsius:.0}°C, {sky}\n\nSource: {}\n", self.source()).into())
    }

    async fn cities(&self, _cx: &rt::Context) -> Result<rt::Contents, rt::Error> {
        let names = CITIES.map(|city| city.name.to_lowercase());
        Ok(rt::RawJson::encode(&names)
            .map_err(|error| rt::Error::new(rt::ErrorKind::Internal, error.to_string()))?
            .as_str()
            .into())
    }

    async fn complete_city(&self, _cx: &rt::Context, typed: &str) -> Vec<String> {
        let typed = typed.to_lowercase();
        CITIES.iter().map(|city| city.name.to_lowercase()).filter(|name| name.starts_with(&typed)).collect()
    }
}
